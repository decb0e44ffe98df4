//! The output formats: from a record's messages to the data of its answer.
//!
//! A format is one file in this folder and a value of [`Format`]; [`Encoder`] calls it.

mod document;
mod events;
mod gzip;
mod lines;
mod partition_keys;

use crate::buffer::Buffer;
use crate::json::JsonStr;
use crate::settings::{Format, Settings};
use crate::source::Source;
use crate::subscription::{Header, LogEvent, Sink, SystemFields};
use crate::timestamp::{TIME, Timestamps};

use events::Head;
use lines::{Lines, Packer};

/// Encodes records one after another, in buffers that stay allocated.
pub(crate) struct Output {
    timestamps: Timestamps,
    head: Head,
    packer: Packer,
}

impl Output {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            timestamps: Timestamps::default(),
            head: Head::default(),
            packer: Packer::new(settings.compression),
        }
    }

    /// Begins a record. Its data goes to the end of `response` as base64, at most about `bytes_max` bytes.
    pub(crate) fn record<'a, 'o>(
        &'o mut self,
        context: Context<'o>,
        response: &'o mut Vec<u8>,
        bytes_max: usize,
    ) -> Encoder<'a, 'o> {
        Encoder {
            context,
            timestamps: &mut self.timestamps,
            head: &mut self.head,
            lines: self.packer.lines(response, bytes_max),
            full: false,
            source: Source::Other,
            head_for: None,
            message_events: 0,
            encoded: Encoded::default(),
        }
    }

    /// Frees what only a rare large record needs.
    pub(crate) fn trim(&mut self) {
        self.packer.trim();
    }
}

/// What is known of a record besides its messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'o> {
    pub(crate) settings: &'o Settings,
    /// The batch's Region, as a JSON string, or `null`.
    pub(crate) region: &'o str,
    /// Whether bytes of the record were not UTF-8 and are now U+FFFD.
    pub(crate) replaced: bool,
}

/// The sink for one record's messages: writes them in the format that is set.
pub(crate) struct Encoder<'a, 'o> {
    context: Context<'o>,
    timestamps: &'o mut Timestamps,
    head: &'o mut Head,
    lines: Lines<'o>,
    /// Whether the room is used up; nothing more is written then.
    full: bool,
    /// The source of the message's log events, if the format or the keys need it.
    source: Source,
    /// The system fields that `head` was written for; `None` before a message's first line.
    head_for: Option<SystemFields<'a>>,
    /// Log events of the message so far.
    message_events: usize,
    encoded: Encoded,
}

/// What became of one record's messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// Log events that were read.
    pub(crate) events: usize,
    /// Control messages that were read.
    pub(crate) controls: usize,
    /// Bytes that the destination receives; `None` if not all of them fit.
    pub(crate) delivered: Option<usize>,
    /// The `metadata` member of the answer with its leading comma; empty if no keys are set.
    pub(crate) metadata: String,
}

impl<'a> Encoder<'a, '_> {
    /// Writes what is still pending.
    pub(crate) fn finish(self) -> Encoded {
        let delivered = self.lines.finish().filter(|_| !self.full);
        Encoded {
            delivered,
            ..self.encoded
        }
    }

    /// Works out what the events of a message share, from the first of them.
    fn begin(&mut self, header: &Header<'a>, first: &LogEvent<'a>) {
        let settings = self.context.settings;
        let keys_wanted = self.encoded.events == 0 && !settings.partition_keys.is_empty();
        if keys_wanted || settings.format == Format::Events {
            self.source = settings
                .sources
                .of(header.log_group, header.log_stream, first.message);
            self.head_for = None;
        }
        if keys_wanted {
            let mut time = [0; TIME];
            self.timestamps.write(first.timestamp, &mut time);
            let values = partition_keys::Values {
                account: account(header, first),
                region: region(first, self.context),
                source: self.source,
                log_group: header.log_group,
                time,
            };
            self.encoded.metadata = values.metadata(&settings.partition_keys);
        }
    }

    #[inline(always)]
    fn line(&mut self, header: &Header<'a>, event: &LogEvent<'a>) {
        if self.head_for != Some(event.system) {
            self.head.write(
                account(header, event),
                region(event, self.context),
                self.source,
                header,
            );
            self.head_for = Some(event.system);
        }
        self.head.line(
            event,
            self.timestamps,
            self.context.replaced,
            self.lines.end(),
        );
    }
}

impl<'a> Sink<'a> for Encoder<'a, '_> {
    fn control(&mut self) {
        self.encoded.controls += 1;
    }

    #[inline(always)]
    fn message_text(&mut self) -> Option<&mut Buffer> {
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
            // The message itself is there already: the reader wrote it.
            Format::Message => self.lines.end().push(b'\n'),
            Format::Document => return,
        }
        self.full = !self.lines.settle();
    }

    fn end(&mut self, json: &'a [u8], compact: bool) {
        let format = self.context.settings.format;
        if format == Format::Document && self.message_events > 0 && !self.full {
            self.full = !document::write(json, compact, &mut self.lines);
        }
        self.encoded.events += self.message_events;
        self.message_events = 0;
    }
}

/// The account of an event: from its system fields, or else the message's owner.
fn account<'a>(header: &Header<'a>, event: &LogEvent<'a>) -> JsonStr<'a> {
    event.system.account.unwrap_or(header.owner)
}

/// The Region of an event as JSON: from its system fields, or else the batch's.
fn region<'a>(event: &LogEvent<'a>, context: Context<'a>) -> &'a [u8] {
    event
        .system
        .region
        .map_or(context.region.as_bytes(), JsonStr::literal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::read;

    const TEXT: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g/\u00e9","logStream":"111122223333_CloudTrail_us-west-2","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1696086922000,"message":"a\t\"b\"\ud800"},{"id":"2","timestamp":1696086922001,"message":"c","extractedFields":{"@aws.account":"444455556666","@aws.region":"eu-west-1"}},{"id":"3","timestamp":1696086922002,"message":""}]}"#;

    /// The lines, and the metadata.
    fn encode(
        settings: [(&str, &str); 1],
        text: &str,
        region: &str,
        replaced: bool,
    ) -> (String, String) {
        let settings = Settings::from_pairs(settings).unwrap();
        let (mut output, mut response) = (Output::new(&settings), Vec::new());
        let context = Context {
            settings: &settings,
            region,
            replaced,
        };
        let mut encoder = output.record(context, &mut response, usize::MAX);
        read(text, &mut encoder).unwrap();
        let encoded = encoder.finish();
        let lines = base64_simd::STANDARD.decode_to_vec(response).unwrap();
        assert_eq!(encoded.delivered, Some(lines.len()));
        (String::from_utf8(lines).unwrap(), encoded.metadata)
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
    }

    #[test]
    fn messages_are_bare() {
        assert_eq!(lines("message", TEXT), "a\t\"b\"\u{fffd}\nc\n\n");
    }

    #[test]
    fn a_line_with_replaced_bytes_says_so() {
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
    fn a_partition_key_is_valid_text() {
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
