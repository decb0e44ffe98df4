//! JSON as it stands in a text: where values end, and what strings stand for.
//!
//! Log events are JSON strings, and most bytes of a record stand in them, so strings are read 64 bytes at a time with
//! the widest instructions that the processor has. Nothing outside of this module knows about SIMD.

mod check;
mod compact;
mod compress;
mod cursor;
mod distinct;
mod fields;
mod index;
mod minify;
mod scan;
mod split;
mod string;
mod stringify;
mod unescape;
mod value;

pub(crate) use check::one_object;
pub(crate) use cursor::{Cursor, Invalid, Walk, is_white_space, walk};
pub(crate) use distinct::{distinct, members};
pub(crate) use fearless_simd::Simd;
pub(crate) use fields::{Fields, Object};
pub(crate) use index::Index;
pub(crate) use minify::Minifier;
pub(crate) use split::Split;
pub(crate) use string::JsonStr;
pub(crate) use stringify::append_as_string;

/// Values, and texts that are nearly values: serde_json says which.
#[cfg(test)]
const NEAR_VALUES: &[&str] = &[
    "0",
    "-0",
    "-",
    "01",
    "00",
    "1.",
    "1.0",
    ".5",
    "1e",
    "1e5",
    "1E+5",
    "1e-",
    "-1.5e400",
    "+1",
    "0x1",
    "1_0",
    "NaN",
    "Infinity",
    "true",
    "tru",
    "truefalse",
    "null",
    "nul",
    "nulll",
    "{}",
    "{ }",
    "[ ]",
    "{,}",
    "[,]",
    "[1,]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{\"a\":1 \"b\":2}",
    "{a:1}",
    "[1 2]",
    "]",
    "}",
    "[}",
    "{]",
    "",
    " ",
    "\u{b}",
    "\u{c}",
    "\u{a0}",
    "1\u{c}",
    "\"\\ud800\"",
    "{\"\\ud800\":\"\\x\"}",
    "\t[\r{\n} ]",
    "[[[{\"a\":[{}]}]]]",
    "[1\"a\"]",
    "[\"a\"1]",
    "[1{}]",
    "[1:2]",
    "{\"a\",1}",
    "{\"a\":1:2}",
    "{\"a\":\"b\":2}",
    "{\"a\":{}:2}",
    "{\"a\":[]:2}",
    "{\"a\":\"b\"\"c\":2}",
    "{\"a\":1,\"b\"}",
    "{\"a\":1,{}}",
    "[\"a\":1]",
    "[1,\"a\":1]",
    "[{}{}]",
    "[{},:]",
    "\"a\"\"b\"",
    "[{}\"a\"]",
    "{1:2}",
    "{{}:1}",
    "\"\\x\"",
    "\"\\\"",
    "\"\t\"",
    "\"\u{7f}é\"",
    "\\",
    "\\\"a\"",
    "[\t\r\n ]",
];

/// Every kind of processor that this one can stand in for.
#[cfg(test)]
fn levels() -> Vec<fearless_simd::Level> {
    use fearless_simd::Level;
    let level = Level::new();
    let mut levels = vec![level, Level::baseline()];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(level.as_sse4_2().map(Level::Sse4_2));
        levels.extend(level.as_avx2().map(Level::Avx2));
    }
    levels
}
