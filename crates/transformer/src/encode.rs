//! The output formats: from a subscription message to the lines that the destination receives.

use crate::json::JsonStr;
use crate::lines::Lines;
use crate::message::{DataMessage, LogEvent};
use crate::settings::{Format, PartitionKey};
use crate::source::Source;
use crate::timestamp::Timestamps;

/// What is known of a message besides itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The batch's Region, as a JSON string, or `null`.
    pub(crate) region: &'a str,
    /// What kind of log it is.
    pub(crate) source: Source,
    /// Whether bytes of the record were not UTF-8 and stand as U+FFFD now.
    pub(crate) replaced: bool,
}

/// Puts out messages one after another; what is worked out for one event serves the next.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    timestamps: Timestamps,
    /// The part of an `events` line that all events of a message share.
    shared: Vec<u8>,
}

impl Encoder {
    /// Writes the lines of one message, each with its newline. Stops early, and says `false`, once there is no room.
    pub(crate) fn encode(
        &mut self,
        format: Format,
        message: &DataMessage<'_>,
        context: Context<'_>,
        lines: &mut Lines<'_>,
    ) -> bool {
        match format {
            Format::Events => self.events(message, context, lines),
            Format::Document => {
                let written = if message.compact {
                    lines.write_long(message.json.as_bytes())
                } else {
                    one_line(message.json, lines.end());
                    true
                };
                lines.end().push(b'\n');
                written && lines.settle()
            }
            Format::Message => message.events.iter().all(|event| {
                event.message.unescape_into(lines.end());
                lines.end().push(b'\n');
                lines.settle()
            }),
        }
    }

    fn events(
        &mut self,
        message: &DataMessage<'_>,
        context: Context<'_>,
        lines: &mut Lines<'_>,
    ) -> bool {
        let mut shared_for = None;
        message.events.iter().all(|event| {
            let origin = Origin::of(message, event, context);
            if shared_for != Some(origin) {
                self.share(message, origin, context.source);
                shared_for = Some(origin);
            }
            self.line(event, context.replaced, lines.end());
            lines.settle()
        })
    }

    fn share(&mut self, message: &DataMessage<'_>, origin: Origin<'_>, source: Source) {
        self.shared.clear();
        for part in [
            r#"","account":"#,
            origin.account,
            r#","region":"#,
            origin.region,
            r#","source":""#,
            source.name(),
            r#"","log_group":"#,
            message.log_group.literal(),
            r#","log_stream":"#,
            message.log_stream.literal(),
            r#","id":"#,
        ] {
            self.shared.extend_from_slice(part.as_bytes());
        }
    }

    #[inline]
    fn line(&mut self, event: &LogEvent<'_>, replaced: bool, out: &mut Vec<u8>) {
        let (id, message) = (
            event.id.literal().as_bytes(),
            event.message.literal().as_bytes(),
        );
        out.reserve(
            OPEN.len()
                + 24
                + self.shared.len()
                + id.len()
                + MESSAGE.len()
                + message.len()
                + CLOSE.len(),
        );
        out.extend_from_slice(OPEN);
        out.extend_from_slice(self.timestamps.text(event.timestamp));
        out.extend_from_slice(&self.shared);
        out.extend_from_slice(id);
        out.extend_from_slice(MESSAGE);
        out.extend_from_slice(message);
        if replaced
            && event
                .message
                .literal()
                .contains(char::REPLACEMENT_CHARACTER)
        {
            out.extend_from_slice(REPLACED);
        }
        out.extend_from_slice(CLOSE);
    }

    /// The `metadata` member of an answer for a record that begins with this message, with its leading comma; empty
    /// where no keys are set. Firehose takes one set of keys per record, and refuses empty values.
    pub(crate) fn metadata(
        &mut self,
        keys: &[PartitionKey],
        message: &DataMessage<'_>,
        context: Context<'_>,
    ) -> String {
        let Some(first) = message.events.first().filter(|_| !keys.is_empty()) else {
            return String::new();
        };
        let origin = Origin::of(message, first, context);
        let time = self.timestamps.text(first.timestamp);
        let digits = |range| String::from_utf8_lossy(&time[range]).into_owned();
        let members: Vec<String> = keys
            .iter()
            .map(|key| {
                let value = match key {
                    PartitionKey::Account => origin.account.to_owned(),
                    PartitionKey::Region => origin.region.to_owned(),
                    PartitionKey::Source => format!("\"{}\"", context.source.name()),
                    PartitionKey::LogGroup => message.log_group.literal().to_owned(),
                    PartitionKey::Year => format!("\"{}\"", digits(0..4)),
                    PartitionKey::Month => format!("\"{}\"", digits(5..7)),
                    PartitionKey::Day => format!("\"{}\"", digits(8..10)),
                    PartitionKey::Hour => format!("\"{}\"", digits(11..13)),
                };
                let value = if matches!(value.as_str(), "null" | "\"\"") {
                    "\"unknown\""
                } else {
                    &value
                };
                format!("\"{}\":{value}", key.name())
            })
            .collect();
        format!(
            r#","metadata":{{"partitionKeys":{{{}}}}}"#,
            members.join(",")
        )
    }
}

const OPEN: &[u8] = br#"{"timestamp":""#;
const MESSAGE: &[u8] = br#","message":"#;
const REPLACED: &[u8] = br#","error":"bytes that were not UTF-8 stand as U+FFFD""#;
const CLOSE: &[u8] = b"}\n";

/// Where an event comes from, as JSON: what the filter emits with the event, else the message's owner and the batch's
/// Region.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Origin<'a> {
    account: &'a str,
    region: &'a str,
}

impl<'a> Origin<'a> {
    #[inline]
    fn of(message: &DataMessage<'a>, event: &LogEvent<'a>, context: Context<'a>) -> Self {
        Self {
            account: event.account.unwrap_or(message.owner).literal(),
            region: event.region.map_or(context.region, JsonStr::literal),
        }
    }
}

/// Appends valid JSON without the white space between its tokens.
fn one_line(json: &str, out: &mut Vec<u8>) {
    let mut in_string = false;
    let mut escaped = false;
    for &byte in json.as_bytes() {
        if !in_string && byte.is_ascii_whitespace() {
            continue;
        }
        out.push(byte);
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::Packing;
    use crate::message::{Message, read_all};

    const TEXT: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g/\u00e9","logStream":"s","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1696086922000,"message":"a\t\"b\"\ud800"},{"id":"2","timestamp":1696086922001,"message":"c","extractedFields":{"@aws.account":"444455556666","@aws.region":"eu-west-1"}},{"id":"3","timestamp":1696086922002,"message":""}]}"#;
    const CONTEXT: Context<'_> = Context {
        region: "\"us-west-2\"",
        source: Source::CloudTrail,
        replaced: false,
    };

    fn encode(format: Format, text: &str, context: Context<'_>) -> String {
        let messages = read_all(text).unwrap();
        let Message::Data(message) = &messages[0] else {
            panic!("a control message")
        };
        let (mut pending, mut out) = (Vec::new(), Vec::new());
        let mut lines = Lines::new(&mut pending, Packing::Base64(&mut out), usize::MAX);
        assert!(Encoder::default().encode(format, message, context, &mut lines));
        lines.finish().unwrap();
        String::from_utf8(base64_simd::STANDARD.decode_to_vec(out).unwrap()).unwrap()
    }

    #[test]
    fn events_carry_their_context_and_the_messages_bytes() {
        let expected = [
            r#"{"timestamp":"2023-09-30T15:15:22.000Z","account":"111122223333","region":"us-west-2","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"s","id":"1","message":"a\t\"b\"\ud800"}"#,
            r#"{"timestamp":"2023-09-30T15:15:22.001Z","account":"444455556666","region":"eu-west-1","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"s","id":"2","message":"c"}"#,
            r#"{"timestamp":"2023-09-30T15:15:22.002Z","account":"111122223333","region":"us-west-2","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"s","id":"3","message":""}"#,
            "",
        ];
        assert_eq!(encode(Format::Events, TEXT, CONTEXT), expected.join("\n"));
    }

    #[test]
    fn a_document_is_the_message_on_one_line() {
        assert_eq!(encode(Format::Document, TEXT, CONTEXT), format!("{TEXT}\n"));
        let spaced = TEXT.replace("\",\"", "\"\n ,\t\"").replace("[{", "[ {");
        assert_eq!(
            encode(Format::Document, &spaced, CONTEXT),
            format!("{TEXT}\n")
        );
        let mut out = Vec::new();
        one_line(r#"{ "a \\" : " \" } " }"#, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a \\":" \" } "}"#);
    }

    #[test]
    fn messages_are_bare() {
        assert_eq!(
            encode(Format::Message, TEXT, CONTEXT),
            "a\t\"b\"\u{fffd}\nc\n\n"
        );
    }

    #[test]
    fn what_was_replaced_is_said_where_it_stands() {
        let text = TEXT.replace("\"c\"", "\"c\u{fffd}\"");
        let lines = encode(
            Format::Events,
            &text,
            Context {
                replaced: true,
                ..CONTEXT
            },
        );
        let marked: Vec<bool> = lines
            .lines()
            .map(|line| line.contains("\"error\":"))
            .collect();
        assert_eq!(marked, [false, true, false]);
        for line in lines.lines().skip(1) {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }

    #[test]
    fn partition_keys_are_never_empty() {
        use PartitionKey as Key;
        let text = TEXT.replace("g/\\u00e9", "");
        let messages = read_all(&text).unwrap();
        let Message::Data(message) = &messages[0] else {
            panic!("a control message")
        };
        let keys = [
            Key::Account,
            Key::Region,
            Key::Source,
            Key::LogGroup,
            Key::Year,
            Key::Month,
            Key::Day,
            Key::Hour,
        ];
        let metadata = Encoder::default().metadata(
            &keys,
            message,
            Context {
                region: "null",
                ..CONTEXT
            },
        );
        assert_eq!(
            metadata,
            r#","metadata":{"partitionKeys":{"account":"111122223333","region":"unknown","source":"cloudtrail","log_group":"unknown","year":"2023","month":"09","day":"30","hour":"15"}}"#
        );
        assert_eq!(Encoder::default().metadata(&[], message, CONTEXT), "");
    }
}
