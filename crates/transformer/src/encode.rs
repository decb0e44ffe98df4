//! The output formats: from a subscription message to the lines that the destination receives.

use memchr::memmem;

use crate::json::JsonStr;
use crate::lines::Lines;
use crate::message::{DataMessage, LogEvent};
use crate::settings::{Format, PartitionKey};
use crate::source::Source;
use crate::timestamp::{TIME, Timestamps};

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
    /// The head of an `events` line, up to the event's id.
    head: Vec<u8>,
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
                    lines.write_long(message.json)
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
        let mut head_for = Origin::of_message(message, context);
        self.write_head(message, head_for, context.source);
        message.events.iter().all(|event| {
            if event.account.is_some() || event.region.is_some() {
                let origin = Origin::of(message, event, context);
                if head_for != origin {
                    self.write_head(message, origin, context.source);
                    head_for = origin;
                }
            } else if !head_for.is(message, context) {
                head_for = Origin::of_message(message, context);
                self.write_head(message, head_for, context.source);
            }
            self.line(event, context.replaced, lines.end());
            lines.settle()
        })
    }

    /// Writes the head of a line: all that the events of one origin share, and a place for the time.
    fn write_head(&mut self, message: &DataMessage<'_>, origin: Origin<'_>, source: Source) {
        self.head.clear();
        self.head.extend_from_slice(OPEN);
        self.head.extend_from_slice(&[b' '; TIME]);
        for part in [
            br#"","account":"#.as_slice(),
            origin.account,
            br#","region":"#,
            origin.region,
            br#","source":""#,
            source.name().as_bytes(),
            br#"","log_group":"#,
            message.log_group.literal(),
            br#","log_stream":"#,
            message.log_stream.literal(),
            br#","id":"#,
        ] {
            self.head.extend_from_slice(part);
        }
    }

    #[inline]
    fn line(&mut self, event: &LogEvent<'_>, replaced: bool, out: &mut Vec<u8>) {
        let (id, message) = (event.id.literal(), event.message.literal());
        out.reserve(self.head.len() + id.len() + MESSAGE.len() + message.len() + CLOSE.len());
        let time = out.len() + OPEN.len();
        out.extend_from_slice(&self.head);
        if let Some(place) = out[time..].first_chunk_mut() {
            self.timestamps.write(event.timestamp, place);
        }
        out.extend_from_slice(id);
        out.extend_from_slice(MESSAGE);
        out.extend_from_slice(message);
        if replaced && memmem::find(message, "\u{fffd}".as_bytes()).is_some() {
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
        let mut time = [0; TIME];
        self.timestamps.write(first.timestamp, &mut time);
        let digits = |range| String::from_utf8_lossy(&time[range]).into_owned();
        // As text, so that what no text can hold, such as a lone surrogate, is not handed on in a key.
        let text = |literal| JsonStr::from_literal(literal).text().into_owned();
        let mut values = serde_json::Map::new();
        for key in keys {
            let value = match key {
                PartitionKey::Account => text(origin.account),
                PartitionKey::Region if origin.region == b"null" => String::new(),
                PartitionKey::Region => text(origin.region),
                PartitionKey::Source => context.source.name().to_owned(),
                PartitionKey::LogGroup => message.log_group.text().into_owned(),
                PartitionKey::Year => digits(0..4),
                PartitionKey::Month => digits(5..7),
                PartitionKey::Day => digits(8..10),
                PartitionKey::Hour => digits(11..13),
            };
            let value = if value.is_empty() {
                "unknown".to_owned()
            } else {
                value
            };
            values.insert(key.name().to_owned(), value.into());
        }
        format!(
            r#","metadata":{}"#,
            serde_json::json!({"partitionKeys": values})
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
    account: &'a [u8],
    region: &'a [u8],
}

impl<'a> Origin<'a> {
    fn of(message: &DataMessage<'a>, event: &LogEvent<'a>, context: Context<'a>) -> Self {
        Self {
            account: event.account.unwrap_or(message.owner).literal(),
            region: event
                .region
                .map_or(context.region.as_bytes(), JsonStr::literal),
        }
    }

    /// The origin of events that name none of their own.
    fn of_message(message: &DataMessage<'a>, context: Context<'a>) -> Self {
        Self {
            account: message.owner.literal(),
            region: context.region.as_bytes(),
        }
    }

    /// Whether this is the very text of [`Origin::of_message`]: a question asked for each event, answered without
    /// reading the text.
    #[inline(always)]
    fn is(&self, message: &DataMessage<'_>, context: Context<'_>) -> bool {
        std::ptr::eq(self.account, message.owner.literal())
            && std::ptr::eq(self.region, context.region.as_bytes())
    }
}

/// Appends valid JSON without the white space between its tokens.
fn one_line(json: &[u8], out: &mut Vec<u8>) {
    let mut in_string = false;
    let mut escaped = false;
    for &byte in json {
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
        one_line(br#"{ "a \\" : " \" } " }"#, &mut out);
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
    fn a_partition_key_holds_what_text_can_hold() {
        let text = TEXT.replace("g/\\u00e9", "a\\ud800\\u0041");
        let messages = read_all(&text).unwrap();
        let Message::Data(message) = &messages[0] else {
            panic!("a control message")
        };
        let metadata = Encoder::default().metadata(&[PartitionKey::LogGroup], message, CONTEXT);
        assert_eq!(
            metadata,
            ",\"metadata\":{\"partitionKeys\":{\"log_group\":\"a\u{fffd}A\"}}"
        );
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
            r#","metadata":{"partitionKeys":{"account":"111122223333","day":"30","hour":"15","log_group":"unknown","month":"09","region":"unknown","source":"cloudtrail","year":"2023"}}"#
        );
        assert_eq!(Encoder::default().metadata(&[], message, CONTEXT), "");
    }
}
