//! Flow logs that `parseVPC`, a processor of CloudWatch Logs, has made objects.

use super::Misfit;
use super::flow_line::FlowLine;
use super::mapping::{Finder, Found, Kind};
use super::object::is_all_text;
use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::source::FlowLogFormat;
use crate::source::vpc_flow_logs::MEMBERS;

/// Finds what stood in the line that an object was made of.
pub(super) struct Parsed {
    /// The slots are the places of the fields in a line.
    finder: Box<Finder>,
    line: FlowLine,
}

impl Parsed {
    pub(super) fn new() -> Self {
        let mut finder = Finder::new(false);
        for name in MEMBERS {
            finder.slot(name);
        }
        finder.want_rest();
        Self {
            finder: Box::new(finder),
            line: FlowLine::new(&FlowLogFormat::default()),
        }
    }

    /// Finds the fields of a line of the default format in the object that was made of it.
    ///
    /// # Errors
    /// Returns why it is not what `parseVPC` writes.
    pub(super) fn find(&self, text: &[u8], found: &mut Found) -> Result<(), Misfit> {
        if self.finder.find(text, found).is_err() {
            return Err(Misfit::NotAnObject);
        }
        let is_there = |place: usize| found.spans[place].kind != Kind::Absent;
        if found.has_rest() || !is_there(0) || !is_there(MEMBERS.len() - 1) {
            return Err(Misfit::Parsed);
        }
        if found.spans[0].of(text) != b"2" {
            return Err(Misfit::Version);
        }
        self.line.check(text, &mut found.spans)
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

/// What `parseVPC` calls a field of flow logs; `None` if the default format lacks it.
pub(super) fn member_of(field: &str) -> Option<&'static str> {
    let default = FlowLogFormat::default();
    let place = default.fields().position(|known| known.name == field)?;
    MEMBERS.get(place).copied()
}

/// What a message stands for, in `text`, unless it is there already.
///
/// # Errors
/// Fails if no text can hold it.
pub(super) fn text_of<'t>(
    message: JsonStr<'_>,
    (text, has_text): (&'t mut Buffer, bool),
) -> Result<&'t [u8], Misfit> {
    if !has_text {
        text.clear();
        message.append_to(text);
    }
    let text = text.written();
    if is_all_text(message, text) {
        Ok(text)
    } else {
        Err(Misfit::NotText)
    }
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

    #[test]
    fn each_field_of_the_default_format_has_its_member() {
        for (field, member) in [
            ("version", Some("version")),
            ("account-id", Some("accountId")),
            ("srcaddr", Some("srcAddr")),
            ("dstport", Some("dstPort")),
            ("log-status", Some("logStatus")),
            ("vpc-id", None),
            ("srcAddr", None),
        ] {
            assert_eq!(member_of(field), member, "{field}");
        }
    }
}
