//! JSON as it stands in a text: where values end, and what strings stand for.
//!
//! Log events are JSON strings, and most bytes of a record stand in them, so strings are read 64 bytes at a time with
//! the widest instructions that the processor has. Nothing outside of this module knows about SIMD.

mod check;
mod compress;
mod cursor;
mod fields;
mod scan;
mod split;
mod string;
mod unescape;
mod value;

pub(crate) use check::one_object;
pub(crate) use cursor::{Cursor, Invalid, Walk, is_white_space, walk};
pub(crate) use fearless_simd::Simd;
pub(crate) use fields::{Fields, Object};
pub(crate) use split::Split;
pub(crate) use string::JsonStr;

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
