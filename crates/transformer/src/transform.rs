//! A batch in, a response out: one answer per record, in order, whatever is inside.

use std::borrow::Cow;

use crate::budget::Budget;
use crate::decode::Decoder;
use crate::encode::{Context, Encoder};
use crate::firehose::{Batch, BatchError, RESPONSE_CLOSE, RESPONSE_OPEN, Record};
use crate::limits::{GZIP_LEVEL, RESPONSE_BYTES_MAX, SCRATCH_BYTES_MAX};
use crate::message::{Message, read_all};
use crate::report::{Dropped, Failure, RecordError, Report};
use crate::settings::{Compression, Settings};

/// Transforms batches under one set of settings, in buffers that are kept between them.
pub struct Transformer {
    settings: Settings,
    decoder: Decoder,
    output: Output,
}

/// The answer to one batch.
#[derive(Debug)]
pub struct Transformed {
    /// The response, as JSON text: `{"records":[…]}`, at most [`RESPONSE_BYTES_MAX`] bytes.
    pub response: Vec<u8>,
    /// What became of the records.
    pub report: Report,
    /// Firehose's id of the invocation; empty where the event has none.
    pub invocation_id: String,
    /// The Firehose stream's ARN; empty where the event has none.
    pub delivery_stream_arn: String,
}

impl Transformer {
    /// A transformer that does as `settings` say.
    pub fn new(settings: Settings) -> Self {
        let output = Output {
            encoder: Encoder::default(),
            lines: Vec::new(),
            deflate: match settings.compression {
                Compression::None => None,
                Compression::Gzip => Some(libdeflater::Compressor::new(level())),
            },
            packed: Vec::new(),
        };
        Self {
            settings,
            decoder: Decoder::default(),
            output,
        }
    }

    /// Answers one batch: the bytes of Firehose's event in, the bytes of the response out.
    ///
    /// A record that cannot be read, or whose answer does not fit, is answered `ProcessingFailed` and counted in the
    /// report; it is never an error.
    ///
    /// # Errors
    /// [`BatchError`] where the bytes are no Firehose event at all, and Firehose must be told so.
    pub fn transform(&mut self, event: &[u8]) -> Result<Transformed, BatchError> {
        let batch = Batch::parse(event)?;
        let mut budget = Budget::new(&batch.records, RESPONSE_BYTES_MAX)?;
        let region = region_json(&batch);
        let mut report = Report {
            records: batch.records.len(),
            bytes_in: event.len(),
            ..Report::default()
        };
        let mut response = Vec::with_capacity(RESPONSE_OPEN.len() + event.len());
        response.extend_from_slice(RESPONSE_OPEN.as_bytes());
        for (index, record) in batch.records.iter().enumerate() {
            if index > 0 {
                response.push(b',');
            }
            match self.record(record, &region, &mut budget, &mut report) {
                Ok(Outcome::Ok { metadata }) => {
                    record.write_ok(self.output.bytes(), &metadata, &mut response);
                }
                Ok(Outcome::Dropped(why)) => {
                    *report.dropped.entry(why).or_default() += 1;
                    record.write_dropped(&mut response);
                }
                Err(error) => {
                    report.failed.push(Failure {
                        record_id: record.id().into_owned(),
                        error,
                    });
                    record.write_failed(budget.take_failed(record), &mut response);
                }
            }
        }
        response.extend_from_slice(RESPONSE_CLOSE.as_bytes());
        report.bytes_out = response.len();
        self.decoder.trim();
        self.output.trim();
        Ok(Transformed {
            response,
            report,
            invocation_id: batch.invocation_id.into_owned(),
            delivery_stream_arn: batch.delivery_stream_arn.into_owned(),
        })
    }

    /// Decides one record; where it is `Ok`, its bytes stand in `self.output` and its room is taken.
    fn record(
        &mut self,
        record: &Record<'_>,
        region: &str,
        budget: &mut Budget,
        report: &mut Report,
    ) -> Result<Outcome, RecordError> {
        let data = record.data().ok_or(RecordError::NoData)?;
        let bytes = self
            .decoder
            .decode(&data, self.settings.decoded_bytes_max)?;
        report.bytes_decoded += bytes.len();
        let text = match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        };
        let replaced = matches!(text, Cow::Owned(_));
        let messages = read_all(&text)?;
        let room = budget.room(record);
        let Written { events, metadata } =
            self.output
                .write(&messages, region, replaced, &self.settings, room)?;
        if events == 0 {
            let control = messages
                .iter()
                .any(|message| matches!(message, Message::Control));
            return Ok(Outcome::Dropped(if control {
                Dropped::ControlMessage
            } else {
                Dropped::NoEvents
            }));
        }
        let delivered = self.output.bytes().len();
        if !budget.take_ok(record, record.ok_bytes(base64_bytes(delivered), &metadata)) {
            return Err(RecordError::NoRoom);
        }
        report.ok += 1;
        report.events += events;
        report.replaced += usize::from(replaced);
        report.bytes_delivered += delivered;
        Ok(Outcome::Ok { metadata })
    }
}

enum Outcome {
    Ok { metadata: String },
    Dropped(Dropped),
}

fn level() -> libdeflater::CompressionLvl {
    // The level is a constant in range; libdeflate's default stands in for what cannot happen.
    libdeflater::CompressionLvl::new(GZIP_LEVEL).unwrap_or_default()
}

/// The output of one record, on its way from messages to bytes.
struct Output {
    encoder: Encoder,
    lines: Vec<u8>,
    deflate: Option<libdeflater::Compressor>,
    packed: Vec<u8>,
}

/// What was written for one record.
struct Written {
    events: usize,
    metadata: String,
}

impl Output {
    /// Encodes all messages of one record; `room` is the most bytes of base64 that its answer may hold.
    fn write(
        &mut self,
        messages: &[Message<'_>],
        region: &str,
        replaced: bool,
        settings: &Settings,
        room: usize,
    ) -> Result<Written, RecordError> {
        self.lines.clear();
        // Without compression, what is longer than the room need not be encoded to its end.
        let bytes_max = if self.deflate.is_some() {
            usize::MAX
        } else {
            room
        };
        let mut written = Written {
            events: 0,
            metadata: String::new(),
        };
        for message in messages {
            let Message::Data(message) = message else {
                continue;
            };
            if message.events.is_empty() {
                continue;
            }
            let context = Context {
                region,
                source: settings.sources.of(message),
                replaced,
            };
            if !self.encoder.encode(
                settings.format,
                message,
                context,
                &mut self.lines,
                bytes_max,
            ) {
                return Err(RecordError::NoRoom);
            }
            if written.events == 0 {
                written.metadata =
                    self.encoder
                        .metadata(&settings.partition_keys, message, context);
            }
            written.events += message.events.len();
        }
        if let Some(deflate) = self.deflate.as_mut().filter(|_| written.events > 0) {
            self.packed
                .resize(deflate.gzip_compress_bound(self.lines.len()), 0);
            // The bound is libdeflate's own promise that the output fits.
            let length = deflate
                .gzip_compress(&self.lines, &mut self.packed)
                .map_err(|_| RecordError::NoRoom)?;
            self.packed.truncate(length);
        }
        Ok(written)
    }

    /// The bytes of the record that was written last.
    fn bytes(&self) -> &[u8] {
        if self.deflate.is_some() {
            &self.packed
        } else {
            &self.lines
        }
    }

    fn trim(&mut self) {
        for buffer in [&mut self.lines, &mut self.packed] {
            buffer.clear();
            buffer.shrink_to(SCRATCH_BYTES_MAX);
        }
    }
}

fn region_json(batch: &Batch<'_>) -> String {
    batch.region().map_or_else(
        || "null".to_owned(),
        |region| serde_json::Value::from(region).to_string(),
    )
}

/// Bytes of the base64 of `bytes` bytes, padded.
fn base64_bytes(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}
