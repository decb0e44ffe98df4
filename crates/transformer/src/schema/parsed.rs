//! Messages that somebody has parsed before: flow logs that are objects, and events that are OCSF.

use super::Misfit;
use super::flow_line::FlowLine;
use super::mapping::{Finder, Found, Kind};
use super::object::{compact, is_all_text};
use super::ocsf::CLASS_UID;
use crate::buffer::Buffer;
use crate::json::{Fields, JsonStr};
use crate::settings::Schema;

/// Reads flow logs that `parseVPC`, a processor of CloudWatch Logs, has made objects, and passes OCSF on if the schema is OCSF, too.
pub(super) struct Parsed {
    /// Finds what `parseVPC` writes. The slots are the places of the fields in a line.
    finder: Box<Finder>,
    is_ocsf: bool,
}

impl Parsed {
    pub(super) fn new(schema: Schema) -> Self {
        let mut finder = Finder::new(false);
        for name in MEMBERS {
            finder.slot(name);
        }
        finder.want_rest();
        Self {
            finder: Box::new(finder),
            is_ocsf: matches!(schema, Schema::Ocsf11 | Schema::Ocsf15),
        }
    }

    /// Has a finder without slots find what [`Self::pass_on`] looks at.
    pub(super) fn look_for_ocsf(&self, finder: &mut Finder) {
        if self.is_ocsf {
            finder.slot("class_uid");
        }
    }

    /// Appends a message that is OCSF already. Returns `false` if it is none, or if the schema is another.
    #[inline(always)]
    pub(super) fn pass_on(&self, found: &Found, text: &[u8], out: &mut Buffer) -> bool {
        self.is_ocsf && found.spans[0].kind != Kind::Absent && pass_on(text, out)
    }

    /// Finds the fields of a flow log that is an object, or passes it on if it is OCSF already. Returns whether it did that.
    ///
    /// # Errors
    /// Returns why it is not what `parseVPC` writes.
    pub(super) fn find(
        &self,
        default: &FlowLine,
        text: &[u8],
        found: &mut Found,
        out: &mut Buffer,
    ) -> Result<bool, Misfit> {
        let is_object = self.finder.find(text, found).is_ok();
        if !is_object {
            return Err(Misfit::NotAnObject);
        }
        if self.is_ocsf && pass_on(text, out) {
            return Ok(true);
        }
        let is_there = |place: usize| found.spans[place].kind != Kind::Absent;
        if found.has_rest() || !is_there(0) || !is_there(MEMBERS.len() - 1) {
            return Err(Misfit::Parsed);
        }
        if found.spans[0].of(text) != b"2" {
            return Err(Misfit::Version);
        }
        default.check(text, &mut found.spans)?;
        Ok(false)
    }
}

/// Whether a message is an object, and so no line of a flow log, however its first character is spelled.
#[inline(always)]
pub(super) fn is_object(message: JsonStr<'_>) -> bool {
    match message.inner().first() {
        Some(b'{') => true,
        Some(b'\\' | b' ') => is_object_spelled(message),
        _ => false,
    }
}

#[cold]
fn is_object_spelled(message: JsonStr<'_>) -> bool {
    let text = message.text();
    text.trim_start_matches([' ', '\t', '\n', '\r'])
        .starts_with('{')
}

/// What `parseVPC` calls the fields of a line of the default format, in their order. It knows no other format
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-BuiltIn.html>).
const MEMBERS: [&str; 14] = [
    "version",
    "accountId",
    "interfaceId",
    "srcAddr",
    "dstAddr",
    "srcPort",
    "dstPort",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "logStatus",
];

/// What a message stands for, in `text`.
///
/// # Errors
/// Fails if no text can hold it.
pub(super) fn text_of<'t>(message: JsonStr<'_>, text: &'t mut Buffer) -> Result<&'t [u8], Misfit> {
    text.clear();
    message.append_to(text);
    let text = text.written();
    if is_all_text(message, text) {
        Ok(text)
    } else {
        Err(Misfit::NotText)
    }
}

/// Appends an event of OCSF as it is, but with its class first, as all lines of OCSF have it. Returns `false` if the text is none.
#[cold]
fn pass_on(text: &[u8], out: &mut Buffer) -> bool {
    let Some((event, class)) = ocsf(text) else {
        return false;
    };
    let begin = out.len();
    out.extend_with([CLASS_UID, class.as_bytes()]);
    for (name, value) in event.members() {
        if value.as_ptr() != class.as_ptr() {
            out.extend_with([b",", name.as_bytes(), b":", value.as_bytes()]);
        }
    }
    out.push(b'}');
    compact(out, begin);
    true
}

/// Whether a message is OCSF already, and so not as its source writes it.
#[cold]
pub(super) fn is_ocsf(text: &[u8]) -> bool {
    ocsf(text).is_some()
}

/// The members of an event of OCSF, and its class.
fn ocsf(text: &[u8]) -> Option<(Fields<'_>, &str)> {
    let event = std::str::from_utf8(text).ok().and_then(Fields::of)?;
    let class = event.only("class_uid").filter(|json| is_class(json))?;
    let metadata = event.only("metadata").and_then(Fields::of)?;
    let version = metadata.only("version")?;
    version.starts_with('"').then_some((event, class))
}

fn is_class(json: &str) -> bool {
    (1..=9).contains(&json.len()) && json.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_an_object_however_that_is_spelled() {
        for (literal, expected) in [
            (r#""{}""#, true),
            (r#"" {}""#, true),
            (r#""\n\t {}""#, true),
            (r#""\u007b}""#, true),
            (r#""2 {}""#, false),
            (r#""\u0032 {}""#, false),
            (r#""\u00a0{}""#, false),
            (r#""""#, false),
        ] {
            let message = JsonStr::from_literal(literal);
            assert_eq!(is_object(message), expected, "{literal}");
        }
    }
}
