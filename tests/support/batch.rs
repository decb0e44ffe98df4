//! Readable test batches: `batch.toml` has the text of each record, which `Case::event` compresses and encodes.

#![allow(dead_code, reason = "each test binary uses only a part")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop if their setup fails"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use catchment_transformer::Settings;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde::Deserialize;
use serde_json::{Value, json};

/// A test case: settings, and an event whose records are given as text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What the case shows.
    about: String,
    /// `CATCHMENT_…` variables.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, String>,
    /// The event's fields other than `records`.
    event: BTreeMap<String, Value>,
    records: Vec<RecordText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordText {
    id: String,
    /// How to turn the text into data.
    pack: Pack,
    /// The texts of the record. Several become several gzip members, or are concatenated.
    #[serde(default)]
    text: Vec<String>,
    /// Additional fields of the record, such as `kinesisRecordMetadata`.
    #[serde(default)]
    metadata: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Pack {
    /// gzip, one member per text.
    Gzip,
    /// gzip of the texts in Latin-1, to write bytes that are not UTF-8.
    GzipLatin1,
    /// The first half of the gzip.
    GzipCutShort,
    /// gzip of 65 MiB of spaces after the text: over the default cap.
    GzipOverCap,
    /// zlib.
    Zlib,
    /// The bytes of the text.
    Plain,
    /// The text itself is the data, base64 or not.
    Verbatim,
    /// The record has no data.
    Absent,
}

impl Case {
    /// Reads `batch.toml` in `folder`.
    pub(crate) fn read(folder: &Path) -> Self {
        let path = folder.join("batch.toml");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The parsed settings.
    pub(crate) fn parsed_settings(&self) -> Settings {
        Settings::from_pairs(&self.settings).expect("the settings of a case")
    }

    /// The event as Firehose would send it.
    pub(crate) fn event(&self) -> Vec<u8> {
        let records: Vec<Value> = self.records.iter().map(RecordText::json).collect();
        let mut event = json!(self.event);
        event["records"] = json!(records);
        event.to_string().into_bytes()
    }

    /// The texts of all records.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        self.records.iter().flat_map(|record| &record.text)
    }

    /// The data of each record, to compare with what a response carries.
    pub(crate) fn data(&self) -> Vec<Option<String>> {
        self.records.iter().map(RecordText::data).collect()
    }
}

impl RecordText {
    fn json(&self) -> Value {
        let mut record =
            json!({"recordId": self.id, "approximateArrivalTimestamp": 1_696_086_923_000_u64});
        if let Some(data) = self.data() {
            record["data"] = json!(data);
        }
        for (name, value) in &self.metadata {
            record[name] = value.clone();
        }
        record
    }

    fn data(&self) -> Option<String> {
        let all = self.text.concat();
        let bytes = match self.pack {
            Pack::Gzip => self
                .text
                .iter()
                .flat_map(|text| gzip(text.as_bytes()))
                .collect(),
            Pack::GzipLatin1 => {
                let bytes: Vec<u8> = all
                    .chars()
                    .map(|each| u8::try_from(each).expect("below U+0100"))
                    .collect();
                gzip(&bytes)
            }
            Pack::GzipCutShort => {
                let whole = gzip(all.as_bytes());
                whole[..whole.len() / 2].to_vec()
            }
            Pack::GzipOverCap => gzip((all + &" ".repeat(65 << 20)).as_bytes()),
            Pack::Zlib => zlib(all.as_bytes()),
            Pack::Plain => all.into_bytes(),
            Pack::Verbatim => return Some(all),
            Pack::Absent => return None,
        };
        Some(base64_simd::STANDARD.encode_to_string(bytes))
    }
}

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(bytes)
        .expect("writing into a Vec cannot fail");
    encoder.finish().expect("writing into a Vec cannot fail")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(bytes)
        .expect("writing into a Vec cannot fail");
    encoder.finish().expect("writing into a Vec cannot fail")
}

/// A subscription message as CloudWatch Logs writes it, with `(timestamp, message)` events.
pub(crate) fn message(owner: &str, group: &str, stream: &str, events: &[(i64, &str)]) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let events: Vec<String> = events
        .iter()
        .enumerate()
        .map(|(index, (timestamp, message))| {
            format!(
                r#"{{"id":"{index:056}","timestamp":{timestamp},"message":{}}}"#,
                quoted(message)
            )
        })
        .collect();
    format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"{owner}","logGroup":{},"logStream":{},"subscriptionFilters":["catchment"],"logEvents":[{}]}}"#,
        quoted(group),
        quoted(stream),
        events.join(",")
    )
}

/// A Firehose event whose records have this data.
pub(crate) fn event(data: impl IntoIterator<Item = String>) -> Vec<u8> {
    let records: Vec<String> = data
        .into_iter()
        .enumerate()
        .map(|(index, data)| {
            format!(r#"{{"recordId":"{index:056}","approximateArrivalTimestamp":1696086923000,"data":"{data}"}}"#)
        })
        .collect();
    format!(
        r#"{{"invocationId":"0f8fad5b","deliveryStreamArn":"arn:aws:firehose:us-west-2:999988887777:deliverystream/catchment","region":"us-west-2","records":[{}]}}"#,
        records.join(",")
    )
    .into_bytes()
}
