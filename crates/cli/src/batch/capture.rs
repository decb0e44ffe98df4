//! Captured records: chosen by where they come from, gathered into Firehose events, and masked.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use catchment_transformer::limits::{DECODED_MIB_DEFAULT, MIB};
use catchment_transformer::source::Source;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde::{Deserialize, Serialize};

use super::documents::Documents;
use super::mask::Masker;
use super::peek::{Packing, header, opened};

/// A record of the Kinesis stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    pub shard: String,
    pub sequence_number: String,
    pub partition_key: String,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub arrived: i64,
    pub data: Vec<u8>,
}

/// Which records to keep. A record counts as what its first subscription message says.
#[derive(Debug, Default)]
pub struct Wanted {
    pub account: Option<String>,
    pub log_group: Option<String>,
    pub source: Option<Source>,
    /// What is known of the sources, by account and log group, or the beginning of several and `*`; of others, names and content tell.
    pub sources: BTreeMap<(String, String), Source>,
}

/// The source with this name.
///
/// # Errors
/// Returns the names that there are.
pub fn source(name: &str) -> Result<Source, String> {
    let found = Source::ALL.into_iter().find(|source| source.name() == name);
    found.ok_or_else(|| Source::ALL.map(Source::name).join(", "))
}

impl Wanted {
    pub fn keeps(&self, data: &[u8]) -> bool {
        if self.account.is_none() && self.log_group.is_none() && self.source.is_none() {
            return true;
        }
        let header = header(data);
        if header.log_group.is_none() {
            return false;
        }
        let is =
            |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        is(&self.account, &header.account)
            && is(&self.log_group, &header.log_group)
            && self.source.is_none_or(|wanted| {
                let account = header.account.unwrap_or_default();
                let group = header.log_group.unwrap_or_default();
                let stream = header.log_stream.unwrap_or_default();
                let first = header.first_message.unwrap_or_default();
                let known = self.known(&account, &group);
                wanted
                    == known
                        .or_else(|| Source::by_name(&group, &stream))
                        .or_else(|| Source::by_content(&first))
                        .unwrap_or(Source::Other)
            })
    }

    /// The source that is given for the log group, or else for the longest beginning of its name.
    fn known(&self, account: &str, group: &str) -> Option<Source> {
        let of_account = self.sources.iter().filter(|((of, _), _)| of == account);
        let matching = of_account.filter(|((_, name), _)| match name.strip_suffix('*') {
            Some(prefix) => group.starts_with(prefix),
            None => name == group,
        });
        let known = matching.max_by_key(|((_, name), _)| (!name.ends_with('*'), name.len()));
        known.map(|(_, source)| *source)
    }
}

/// A Firehose event, as a Lambda gets it
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-kinesisfirehose.html>). It names no Firehose stream: no other reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// What a person who opens the file should know; Firehose has no such member.
    about: String,
    invocation_id: String,
    source_kinesis_stream_arn: String,
    region: String,
    records: Vec<Record>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    record_id: String,
    approximate_arrival_timestamp: i64,
    kinesis_record_metadata: Metadata,
    data: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    shard_id: String,
    partition_key: String,
    approximate_arrival_timestamp: i64,
    sequence_number: String,
    subsequence_number: String,
}

/// Gathers records into events.
#[derive(Debug)]
pub struct Gatherer {
    stream_arn: String,
    region: String,
    events: usize,
    records: Vec<Record>,
    bytes: usize,
}

/// The most bytes of the records of an event, as they arrive, but for a single larger one: Firehose's default buffer
/// (<https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html>).
const EVENT_BYTES_MAX: usize = 1024 * 1024;

const HOLDS_LOG_DATA: &str =
    "captured by catchment; holds log data: treat it like the logs themselves";
const IS_MASKED: &str = "captured by catchment; account ids, addresses, names and keys are masked";

impl Gatherer {
    pub fn new(stream_arn: String, region: String) -> Self {
        Self {
            stream_arn,
            region,
            events: 0,
            records: Vec::new(),
            bytes: 0,
        }
    }

    /// Adds a record. If it does not fit any more, returns the event of those before it.
    pub fn add(&mut self, captured: Captured) -> Option<Event> {
        let bytes = captured.data.len();
        let full = (self.bytes + bytes > EVENT_BYTES_MAX)
            .then(|| self.take())
            .flatten();
        self.bytes += bytes;
        self.records.push(Record::of(captured));
        full
    }

    /// The event of the records that are left, if there are any.
    pub fn take(&mut self) -> Option<Event> {
        self.bytes = 0;
        let records = std::mem::take(&mut self.records);
        if records.is_empty() {
            return None;
        }
        self.events += 1;
        Some(Event {
            about: HOLDS_LOG_DATA.to_owned(),
            invocation_id: format!("capture-{}", self.events),
            source_kinesis_stream_arn: self.stream_arn.clone(),
            region: self.region.clone(),
            records,
        })
    }
}

impl Record {
    /// A sequence number is unique in its stream, and so serves as the record's id.
    fn of(captured: Captured) -> Self {
        Self {
            record_id: captured.sequence_number.clone(),
            approximate_arrival_timestamp: captured.arrived,
            data: base64_turbo::encode(&captured.data),
            kinesis_record_metadata: Metadata {
                shard_id: captured.shard,
                partition_key: captured.partition_key,
                approximate_arrival_timestamp: captured.arrived,
                sequence_number: captured.sequence_number,
                subsequence_number: String::new(),
            },
        }
    }
}

impl Event {
    /// Reads an event that [`Event::to_line`] wrote.
    ///
    /// # Errors
    /// Fails if it is something else.
    pub fn of(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// The event as a line of JSON.
    pub fn to_line(&self) -> String {
        // numbers and strings can always be written
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Learns the names in all records.
    pub fn teach(&self, masker: &mut Masker) {
        masker.learn_name(&self.source_kinesis_stream_arn);
        for record in &self.records {
            masker.learn_name(&record.kinesis_record_metadata.partition_key);
            for document in record
                .data()
                .as_deref()
                .and_then(documents)
                .into_iter()
                .flatten()
            {
                masker.learn(&document);
            }
        }
    }

    /// The event with everything masked, and how many records are left out because they cannot be read.
    pub fn masked(mut self, masker: &mut Masker) -> (Option<Self>, usize) {
        self.about = IS_MASKED.to_owned();
        self.source_kinesis_stream_arn = masker.mask_name(&self.source_kinesis_stream_arn);
        let before = self.records.len();
        self.records = self
            .records
            .into_iter()
            .filter_map(|record| record.masked(masker))
            .collect();
        let left_out = before - self.records.len();
        (
            Some(self).filter(|event| !event.records.is_empty()),
            left_out,
        )
    }

    /// How many records it has.
    pub fn records(&self) -> usize {
        self.records.len()
    }
}

impl Record {
    fn data(&self) -> Option<Vec<u8>> {
        base64_turbo::decode(self.data.as_bytes()).ok()
    }

    fn masked(mut self, masker: &mut Masker) -> Option<Self> {
        let data = self.data()?;
        let mut packer = Packer::like(&data);
        for document in documents(&data)? {
            packer.add(masker.mask(&document).as_bytes());
        }
        self.data = base64_turbo::encode(packer.finish());
        let key = &mut self.kinesis_record_metadata.partition_key;
        *key = masker.mask_name(key);
        Some(self)
    }
}

/// The subscription messages in a record's data; `None` if it holds something else, or more than the transformer would open.
fn documents(data: &[u8]) -> Option<Vec<String>> {
    let mut text = Vec::new();
    let mut limited = opened(data).take(OPENED_BYTES_MAX + 1);
    limited.read_to_end(&mut text).ok()?;
    if text.len() as u64 > OPENED_BYTES_MAX {
        return None;
    }
    let text = String::from_utf8_lossy(&text);
    let documents = Documents::of(text.as_bytes()).ok()?;
    documents
        .map(|document| Some(document.ok()?.json))
        .collect()
}

/// The most bytes of a record that is opened to be masked. Our own choice: the transformer's default.
const OPENED_BYTES_MAX: u64 = (DECODED_MIB_DEFAULT * MIB) as u64;

/// Packs a record again in the way in which it was packed.
enum Packer {
    Gzip(GzEncoder<Vec<u8>>),
    Zlib(ZlibEncoder<Vec<u8>>),
    Plain(Vec<u8>),
}

impl Packer {
    fn like(data: &[u8]) -> Self {
        match Packing::of(data) {
            Packing::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::default())),
            Packing::Zlib => Self::Zlib(ZlibEncoder::new(Vec::new(), Compression::default())),
            Packing::Plain => Self::Plain(Vec::new()),
        }
    }

    // writing to a Vec cannot fail

    fn add(&mut self, text: &[u8]) {
        let _ = match self {
            Self::Gzip(gzip) => gzip.write_all(text),
            Self::Zlib(zlib) => zlib.write_all(text),
            Self::Plain(plain) => plain.write_all(text),
        };
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Gzip(gzip) => gzip.finish().unwrap_or_default(),
            Self::Zlib(zlib) => zlib.finish().unwrap_or_default(),
            Self::Plain(plain) => plain,
        }
    }
}

#[cfg(test)]
mod tests;
