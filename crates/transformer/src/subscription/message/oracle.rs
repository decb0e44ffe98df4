//! The same messages as serde_json sees them: slow, plain, and for tests and fuzzing alone.

use super::timestamp::milliseconds;
use super::{Document, Header, LogEvent, Sink, read};
use crate::buffer::Buffer;
use crate::json::{Fields, is_white_space};
use crate::limits::{JSON_DEPTH_MAX, NAME_BYTES_MAX};

/// Returns whether [`read`](super::read) sees in `bytes` what serde_json sees.
#[doc(hidden)]
pub fn agrees_with_serde_json(bytes: &[u8]) -> bool {
    let (mut plain, mut texts) = (Gathered::default(), Gathered::with_texts());
    let ours = read(bytes, &mut plain).is_ok();
    if read(bytes, &mut texts).is_ok() != ours {
        return false;
    }
    let lossy = String::from_utf8_lossy(bytes);
    let theirs = messages(&lossy);
    if !ours {
        return theirs.is_none();
    }
    plain.events == texts.events
        && texts.texts_are_serdes()
        && theirs.is_some_and(|theirs| plain.summary() == theirs)
}

/// What a record holds: for each DATA_MESSAGE its events, and its JSON.
type Summary = (usize, Vec<(Vec<Vec<String>>, String)>);

/// Reads all messages of a record by serde_json.
fn messages(text: &str) -> Option<Summary> {
    let mut summary = Summary::default();
    let mut rest = text.trim_matches(|c| u8::try_from(c).is_ok_and(is_white_space));
    while !rest.is_empty() {
        let mut values =
            serde_json::Deserializer::from_str(rest).into_iter::<&serde_json::value::RawValue>();
        let json = values.next()?.ok()?.get();
        rest = rest[values.byte_offset()..]
            .trim_start_matches(|c| u8::try_from(c).is_ok_and(is_white_space));
        if depth(json) > JSON_DEPTH_MAX as usize {
            return None;
        }
        let fields = Fields::of(json)?;
        match &*decoded(string(fields.one("messageType")?)?) {
            "CONTROL_MESSAGE" => {
                for name in ["owner", "logGroup", "logStream"] {
                    if let Some(json) = fields.at_most_one(name)? {
                        name_of(json)?;
                    }
                }
                fields.at_most_one("logEvents")?;
                summary.0 += 1;
            }
            "DATA_MESSAGE" => {
                let names = ["owner", "logGroup", "logStream"]
                    .map(|name| fields.one(name).and_then(name_of));
                let [Some(owner), Some(group), Some(stream)] = names else {
                    return None;
                };
                let array = fields.one("logEvents")?;
                if !array.starts_with('[') {
                    return None;
                }
                let events: Vec<&serde_json::value::RawValue> = serde_json::from_str(array).ok()?;
                let events = events
                    .iter()
                    .map(|json| event(json.get(), [owner, group, stream]))
                    .collect::<Option<_>>()?;
                summary.1.push((events, json.to_owned()));
            }
            _ => return None,
        }
    }
    Some(summary).filter(|(controls, data)| controls + data.len() > 0)
}

fn event(json: &str, header: [&str; 3]) -> Option<Vec<String>> {
    let fields = Fields::of(json)?;
    let system = fields.at_most_one("extractedFields")?;
    let system = match system {
        Some(json) if json.starts_with('{') => Fields::of(json)?,
        _ => Fields::default(),
    };
    let mut parts: Vec<String> = header.iter().map(|part| (*part).to_owned()).collect();
    parts.push(string(fields.one("id")?)?.to_owned());
    parts.push(timestamp(fields.one("timestamp")?)?.to_string());
    parts.push(string(fields.one("message")?)?.to_owned());
    for name in ["@aws.account", "@aws.region"] {
        parts.push(match system.at_most_one(name)? {
            Some(json) if json.starts_with('"') => name_of(json)?.to_owned(),
            _ => String::new(),
        });
    }
    Some(parts)
}

fn timestamp(json: &str) -> Option<i64> {
    let text = match string(json) {
        Some(literal) => decoded(literal),
        None => json.to_owned(),
    };
    let time = milliseconds(&text)?;
    (0..=crate::timestamp::MILLISECONDS_MAX)
        .contains(&time)
        .then_some(time)
}

fn string(json: &str) -> Option<&str> {
    json.starts_with('"').then_some(json)
}

fn name_of(json: &str) -> Option<&str> {
    string(json).filter(|name| name.len() <= NAME_BYTES_MAX)
}

/// The text of a literal; empty if serde_json refuses it, which is a lone surrogate.
fn decoded(literal: &str) -> String {
    serde_json::from_str(literal).unwrap_or_default()
}

/// How deep a valid JSON text nests.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

impl<'a> Fields<'a> {
    fn one(&self, name: &str) -> Option<&'a str> {
        self.at_most_one(name)?
    }

    /// The member with this name, if there is one; `None` if there are several.
    fn at_most_one(&self, name: &str) -> Option<Option<&'a str>> {
        match self.all(name).count() {
            0 => Some(None),
            _ => self.only(name).map(Some),
        }
    }
}

/// A sink that gathers messages for comparison.
#[derive(Debug, Default)]
pub(super) struct Gathered<'a> {
    pub(super) controls: usize,
    pub(super) events: Vec<(Header<'a>, LogEvent<'a>)>,
    /// The documents, each with the number of events up to its end.
    pub(super) documents: Vec<(Document<'a>, usize)>,
    /// The texts of the messages, each with a newline behind it, if they are wanted.
    pub(super) texts: Option<Buffer>,
}

impl Gathered<'_> {
    pub(super) fn with_texts() -> Self {
        Self {
            texts: Some(Buffer::default()),
            ..Self::default()
        }
    }

    fn summary(&self) -> Summary {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut begin = 0;
        let data = self.documents.iter().map(|(document, end)| {
            let events = self.events[begin..*end].iter().map(|(header, event)| {
                let literal = |of: Option<crate::json::JsonStr<'_>>| {
                    of.map_or(String::new(), |of| text(of.literal()))
                };
                vec![
                    literal(Some(header.owner)),
                    literal(Some(header.log_group)),
                    literal(Some(header.log_stream)),
                    literal(Some(event.id)),
                    event.timestamp.to_string(),
                    literal(Some(event.message)),
                    literal(event.system.account),
                    literal(event.system.region),
                ]
            });
            let events = events.collect();
            begin = *end;
            (events, text(document.json))
        });
        (self.controls, data.collect())
    }

    /// Returns whether the texts are what serde_json makes of the literals. It refuses lone surrogates: those are skipped.
    fn texts_are_serdes(&self) -> bool {
        let texts: Result<String, _> = self
            .events
            .iter()
            .map(|(_, event)| {
                let literal = String::from_utf8_lossy(event.message.literal());
                serde_json::from_str::<String>(&literal).map(|text| text + "\n")
            })
            .collect();
        let ours = self.texts.as_ref().map(Buffer::written).unwrap_or_default();
        texts.map_or(true, |texts| String::from_utf8_lossy(ours) == texts)
    }
}

impl<'a> Sink<'a> for Gathered<'a> {
    fn control(&mut self) {
        self.controls += 1;
    }

    fn message_text(&mut self) -> Option<&mut Buffer> {
        self.texts.as_mut()
    }

    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        self.events.push((*header, event));
        if let Some(texts) = &mut self.texts {
            texts.push(b'\n');
        }
    }

    fn end(&mut self, document: Document<'a>) {
        self.documents.push((document, self.events.len()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::agrees_with_serde_json;
    use crate::subscription::message::tests::COMPACT;

    proptest! {
        /// Splices JSON's own material into a good message.
        #[test]
        fn anything_near_a_good_message_is_read_as_serde_json_reads_it(
            at in 0..COMPACT.len(),
            cut in 0..6_usize,
            byte_at in any::<usize>(),
            byte in any::<u8>(),
            splice in r#"(["\\{}\[\]:, 0-9eu.x\n\x0c-]|"id":|"message":"a"|"timestamp":1|,"policyLevel":"a"|"new":[1,{}],){0,3}"#,
        ) {
            let end = (at + cut).min(COMPACT.len());
            let text = format!("{}{splice}{}", &COMPACT[..at], &COMPACT[end..]);
            prop_assert!(agrees_with_serde_json(text.as_bytes()), "{text}");
            let mut bytes = text.into_bytes();
            let broken = byte_at % bytes.len();
            bytes[broken] = byte;
            prop_assert!(agrees_with_serde_json(&bytes), "{bytes:?}");
        }

        /// Puts the members of a good message and of its events into any order, with unknown ones and white space among them.
        #[test]
        fn any_order_is_read_as_serde_json_reads_it(
            envelope in Just(vec![0, 1, 2, 3, 4, 5, 6]).prop_shuffle(),
            event in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
            new in r#""[a-z\\"]{0,2}"|-?[0-9]{1,2}(\.[0-9])?|\[[01]?\]|\{\}|null"#,
            space in "[ \n\t\r]{0,2}",
        ) {
            let object = |members: Vec<String>| format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")));
            let member = |name: &str, value: &str| format!("\"{name}\"{space}:{space}{value}");
            let event = object(event.iter().map(|member_at| match member_at {
                0 => member("id", "\"1\""),
                1 => member("timestamp", "1510254469498"),
                2 => member("message", "\"a\\n\""),
                3 => member("extractedFields", "{\"@aws.region\":\"r\"}"),
                _ => member("new", &new),
            }).collect());
            let text = object(envelope.iter().map(|member_at| match member_at {
                0 => member("messageType", "\"DATA_MESSAGE\""),
                1 => member("owner", "\"o\""),
                2 => member("logGroup", "\"g\""),
                3 => member("logStream", "\"s\""),
                4 => member("subscriptionFilters", "[]"),
                5 => member("logEvents", &format!("[{event},{space}{event}]")),
                _ => member("new", &new),
            }).collect());
            prop_assert!(agrees_with_serde_json(text.as_bytes()), "{text}");
        }
    }
}
