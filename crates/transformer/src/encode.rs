//! The output formats: from a record's messages to the lines that the destination receives.

use memchr::memmem;

use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::lines::Lines;
use crate::message::{Header, LogEvent, Sink, SystemFields};
use crate::settings::{Format, PartitionKey, Settings};
use crate::source::Source;
use crate::timestamp::{TIME, Timestamps};

/// What is known of a record besides itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'o> {
    pub(crate) settings: &'o Settings,
    /// The batch's Region, as a JSON string, or `null`.
    pub(crate) region: &'o str,
    /// Whether bytes of the record were not UTF-8 and stand as U+FFFD now.
    pub(crate) replaced: bool,
}

/// What is worked out for one event and serves the next.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    timestamps: Timestamps,
    /// The head of an `events` line, up to the event's id.
    head: Vec<u8>,
}

/// One record's messages on their way to lines, each with its newline.
pub(crate) struct Writer<'a, 'o> {
    encoder: &'o mut Encoder,
    context: Context<'o>,
    lines: Lines<'o>,
    /// Whether there was no room for a line; no more are written then.
    full: bool,
    /// The source of the message's log events, where the format or the keys ask for it.
    source: Source,
    /// The system fields of the event that the head was written for; `None` before a message's first line.
    head_for: Option<SystemFields<'a>>,
    /// Log events of the message so far.
    message_events: usize,
    written: Written,
}

/// What was written of one record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Log events that were read.
    pub(crate) events: usize,
    /// Control messages that were read.
    pub(crate) controls: usize,
    /// Bytes that the destination receives; `None` where there was no room for all of them.
    pub(crate) delivered: Option<usize>,
    /// The `metadata` member of the answer, with its leading comma; empty where no keys are set.
    pub(crate) metadata: String,
}

impl<'o> Writer<'_, 'o> {
    /// Nothing written yet.
    pub(crate) fn new(encoder: &'o mut Encoder, context: Context<'o>, lines: Lines<'o>) -> Self {
        Self {
            encoder,
            context,
            lines,
            full: false,
            source: Source::Other,
            head_for: None,
            message_events: 0,
            written: Written::default(),
        }
    }

    /// Packs what is left.
    pub(crate) fn finish(self) -> Written {
        let delivered = self.lines.finish().filter(|_| !self.full);
        Written {
            delivered,
            ..self.written
        }
    }
}

impl<'a> Sink<'a> for Writer<'a, '_> {
    fn control(&mut self) {
        self.written.controls += 1;
    }

    #[inline(always)]
    fn texts(&mut self) -> Option<&mut Buffer> {
        let wanted = self.context.settings.format == Format::Message && !self.full;
        wanted.then(|| self.lines.end())
    }

    #[inline(always)]
    fn event(&mut self, header: &Header<'a>, event: LogEvent<'a>) {
        if self.message_events == 0 {
            self.begin(header, &event);
        }
        self.message_events += 1;
        if self.full {
            return;
        }
        match self.context.settings.format {
            Format::Events => self.line(header, &event),
            Format::Message => self.lines.end().push(b'\n'),
            Format::Document => return,
        }
        self.full = !self.lines.settle();
    }

    fn close(&mut self, json: &'a [u8], compact: bool) {
        if self.context.settings.format == Format::Document && self.message_events > 0 && !self.full
        {
            self.full = !self.document(json, compact);
        }
        self.written.events += self.message_events;
        self.message_events = 0;
    }
}

impl<'a> Writer<'a, '_> {
    /// Works out what the events of a message share, from the first of them.
    fn begin(&mut self, header: &Header<'a>, first: &LogEvent<'a>) {
        let settings = self.context.settings;
        let keys_wanted = self.written.events == 0 && !settings.partition_keys.is_empty();
        if keys_wanted || settings.format == Format::Events {
            self.source = settings.sources.of(header, first.message);
            self.head_for = None;
        }
        if keys_wanted {
            self.written.metadata = self.metadata(header, first);
        }
    }

    #[inline(always)]
    fn line(&mut self, header: &Header<'a>, event: &LogEvent<'a>) {
        if self.head_for != Some(event.system) {
            self.write_head(header, event);
            self.head_for = Some(event.system);
        }
        let out = self.lines.end();
        let begin = out.len();
        out.extend(&self.encoder.head);
        if let Some(place) = out.written_mut()[begin + OPEN.len()..].first_chunk_mut() {
            self.encoder.timestamps.write(event.timestamp, place);
        }
        out.extend(event.id.literal());
        out.extend(MESSAGE);
        let message = event.message.literal();
        out.extend(message);
        if self.context.replaced && memmem::find(message, "\u{fffd}".as_bytes()).is_some() {
            out.extend(REPLACED);
        }
        out.extend(CLOSE);
    }

    /// Writes the head of a line: all that the events of one origin share, and a place for the time.
    fn write_head(&mut self, header: &Header<'a>, event: &LogEvent<'a>) {
        let head = &mut self.encoder.head;
        head.clear();
        head.extend_from_slice(OPEN);
        head.extend_from_slice(&[b' '; TIME]);
        for part in [
            br#"","account":"#.as_slice(),
            account(header, event).literal(),
            br#","region":"#,
            region(event, self.context),
            br#","source":""#,
            self.source.name().as_bytes(),
            br#"","log_group":"#,
            header.log_group.literal(),
            br#","log_stream":"#,
            header.log_stream.literal(),
            br#","id":"#,
        ] {
            head.extend_from_slice(part);
        }
    }

    /// Writes a whole message on one line. `false` once there is no room for more.
    fn document(&mut self, json: &[u8], compact: bool) -> bool {
        let written = if compact {
            self.lines.write_long(json)
        } else {
            one_line(json, self.lines.end());
            true
        };
        self.lines.end().push(b'\n');
        written && self.lines.settle()
    }

    /// The `metadata` member of an answer for a record that begins with this event. Firehose takes one set of keys per
    /// record, and refuses empty values.
    fn metadata(&mut self, header: &Header<'a>, first: &LogEvent<'a>) -> String {
        let mut time = [0; TIME];
        self.encoder.timestamps.write(first.timestamp, &mut time);
        let digits = |range| String::from_utf8_lossy(&time[range]).into_owned();
        // As text, so that what no text can hold, such as a lone surrogate, is not handed on in a key.
        let text = |literal: JsonStr<'_>| literal.text().into_owned();
        let mut values = serde_json::Map::new();
        for key in &self.context.settings.partition_keys {
            let value = match key {
                PartitionKey::Account => text(account(header, first)),
                PartitionKey::Region => match region(first, self.context) {
                    b"null" => String::new(),
                    region => text(JsonStr::from_literal(region)),
                },
                PartitionKey::Source => self.source.name().to_owned(),
                PartitionKey::LogGroup => text(header.log_group),
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

/// The account that an event comes from: as the filter emits it, else the message's owner.
fn account<'a>(header: &Header<'a>, event: &LogEvent<'a>) -> JsonStr<'a> {
    event.system.account.unwrap_or(header.owner)
}

/// The Region that an event comes from, as JSON: as the filter emits it, else the batch's.
fn region<'a>(event: &LogEvent<'a>, context: Context<'a>) -> &'a [u8] {
    event
        .system
        .region
        .map_or(context.region.as_bytes(), JsonStr::literal)
}

/// Appends valid JSON without the white space between its tokens.
fn one_line(json: &[u8], out: &mut Buffer) {
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
    use crate::message::read;

    const TEXT: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g/\u00e9","logStream":"111122223333_CloudTrail_us-west-2","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1696086922000,"message":"a\t\"b\"\ud800"},{"id":"2","timestamp":1696086922001,"message":"c","extractedFields":{"@aws.account":"444455556666","@aws.region":"eu-west-1"}},{"id":"3","timestamp":1696086922002,"message":""}]}"#;

    /// The lines, and the metadata.
    fn encode(
        settings: [(&str, &str); 1],
        text: &str,
        region: &str,
        replaced: bool,
    ) -> (String, String) {
        let settings = Settings::from_pairs(settings).unwrap();
        let (mut encoder, mut pending, mut out) =
            (Encoder::default(), Buffer::default(), Vec::new());
        let lines = Lines::new(&mut pending, Packing::Base64(&mut out), usize::MAX);
        let context = Context {
            settings: &settings,
            region,
            replaced,
        };
        let mut writer = Writer::new(&mut encoder, context, lines);
        read(text, &mut writer).unwrap();
        let written = writer.finish();
        let lines = String::from_utf8(base64_simd::STANDARD.decode_to_vec(out).unwrap()).unwrap();
        assert_eq!(written.delivered, Some(lines.len()));
        (lines, written.metadata)
    }

    fn lines(format: &str, text: &str) -> String {
        encode([("CATCHMENT_FORMAT", format)], text, "\"us-west-2\"", false).0
    }

    fn metadata(keys: &str, text: &str, region: &str) -> String {
        encode([("CATCHMENT_PARTITION_KEYS", keys)], text, region, false).1
    }

    #[test]
    fn events_carry_their_context_and_the_messages_bytes() {
        let expected = [
            r#"{"timestamp":"2023-09-30T15:15:22.000Z","account":"111122223333","region":"us-west-2","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"111122223333_CloudTrail_us-west-2","id":"1","message":"a\t\"b\"\ud800"}"#,
            r#"{"timestamp":"2023-09-30T15:15:22.001Z","account":"444455556666","region":"eu-west-1","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"111122223333_CloudTrail_us-west-2","id":"2","message":"c"}"#,
            r#"{"timestamp":"2023-09-30T15:15:22.002Z","account":"111122223333","region":"us-west-2","source":"cloudtrail","log_group":"g/\u00e9","log_stream":"111122223333_CloudTrail_us-west-2","id":"3","message":""}"#,
            "",
        ];
        assert_eq!(lines("events", TEXT), expected.join("\n"));
    }

    #[test]
    fn a_document_is_the_message_on_one_line() {
        assert_eq!(lines("document", TEXT), format!("{TEXT}\n"));
        let spaced = TEXT.replace("\",\"", "\"\n ,\t\"").replace("[{", "[ {");
        assert_eq!(lines("document", &spaced), format!("{TEXT}\n"));
        let mut out = Buffer::default();
        one_line(br#"{ "a \\" : " \" } " }"#, &mut out);
        assert_eq!(out.written(), br#"{"a \\":" \" } "}"#);
    }

    #[test]
    fn messages_are_bare() {
        assert_eq!(lines("message", TEXT), "a\t\"b\"\u{fffd}\nc\n\n");
    }

    #[test]
    fn what_was_replaced_is_said_where_it_stands() {
        let text = TEXT.replace("\"c\"", "\"c\u{fffd}\"");
        let (lines, _) = encode([("CATCHMENT_FORMAT", "events")], &text, "null", true);
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
        assert_eq!(
            metadata("log_group", &text, "null"),
            ",\"metadata\":{\"partitionKeys\":{\"log_group\":\"a\u{fffd}A\"}}"
        );
    }

    #[test]
    fn partition_keys_are_never_empty() {
        let text = TEXT.replace("g/\\u00e9", "");
        let keys = "account,region,source,log_group,year,month,day,hour";
        assert_eq!(
            metadata(keys, &text, "null"),
            r#","metadata":{"partitionKeys":{"account":"111122223333","day":"30","hour":"15","log_group":"unknown","month":"09","region":"unknown","source":"cloudtrail","year":"2023"}}"#
        );
        assert_eq!(metadata("", &text, "null"), "");
    }
}
