//! A batch in, a response out: one answer per record, in order, whatever is inside.

use std::borrow::Cow;

use crate::budget::Budget;
use crate::decode::Decoder;
use crate::encode::{Context, Encoder};
use crate::firehose::{Batch, BatchError, RESPONSE_CLOSE, RESPONSE_OPEN, Record, close_ok};
use crate::limits::{GZIP_LEVEL, RESPONSE_BYTES_MAX, SCRATCH_BYTES_MAX};
use crate::lines::{Lines, Packing};
use crate::message::{Message, read_all, read_fast};
use crate::report::{Dropped, Failure, RecordError, Report};
use crate::settings::{Compression, Settings};

/// Transforms batches under one set of settings, in buffers that are kept between them.
pub struct Transformer {
    settings: Settings,
    decoder: Decoder,
    output: Output,
    /// Bytes of the last response.
    response_bytes: usize,
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
            response_bytes: 0,
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
        // Batches of one Firehose stream are alike: room for the last answer saves growing into this one.
        let mut response = Vec::with_capacity(self.response_bytes.max(event.len()));
        response.extend_from_slice(RESPONSE_OPEN.as_bytes());
        for (index, record) in batch.records.iter().enumerate() {
            if index > 0 {
                response.push(b',');
            }
            let start = response.len();
            match self.record(record, &region, &mut budget, &mut report, &mut response) {
                Ok(None) => {}
                Ok(Some(why)) => {
                    response.truncate(start);
                    *report.dropped.entry(why).or_default() += 1;
                    record.write_dropped(&mut response);
                }
                Err(error) => {
                    response.truncate(start);
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
        self.response_bytes = response.len();
        self.decoder.trim();
        self.output.trim();
        Ok(Transformed {
            response,
            report,
            invocation_id: batch.invocation_id.into_owned(),
            delivery_stream_arn: batch.delivery_stream_arn.into_owned(),
        })
    }

    /// Decides one record, and writes its answer where that is `Ok`; says why where it is to be dropped. Otherwise what
    /// was written to `response` is to be taken back.
    fn record(
        &mut self,
        record: &Record<'_>,
        region: &str,
        budget: &mut Budget,
        report: &mut Report,
        response: &mut Vec<u8>,
    ) -> Result<Option<Dropped>, RecordError> {
        let data = record.data().ok_or(RecordError::NoData)?;
        let bytes = self
            .decoder
            .decode(&data, self.settings.decoded_bytes_max)?;
        report.bytes_decoded += bytes.len();
        let text;
        let (messages, replaced) = match read_fast(bytes) {
            Some(messages) => (messages, false),
            None => {
                text = String::from_utf8_lossy(bytes);
                (read_all(&text)?, matches!(text, Cow::Owned(_)))
            }
        };
        let events: usize = messages.iter().map(Message::events).sum();
        if events == 0 {
            let control = messages
                .iter()
                .any(|message| matches!(message, Message::Control));
            return Ok(Some(if control {
                Dropped::ControlMessage
            } else {
                Dropped::NoEvents
            }));
        }
        let start = response.len();
        let bytes_max = budget.room(record);
        record.open_ok(response);
        let written = self.output.write(
            &messages,
            region,
            replaced,
            &self.settings,
            response,
            bytes_max,
        );
        let Written {
            delivered,
            metadata,
        } = written.ok_or(RecordError::NoRoom)?;
        close_ok(&metadata, response);
        if !budget.take_ok(record, response.len() - start) {
            return Err(RecordError::NoRoom);
        }
        report.ok += 1;
        report.events += events;
        report.replaced += usize::from(replaced);
        report.bytes_delivered += delivered;
        Ok(None)
    }
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
    /// Bytes that the destination receives.
    delivered: usize,
    metadata: String,
}

impl Output {
    /// Writes all messages of one record as base64 to the end of `response`. `None` where that would take more than
    /// `bytes_max` bytes.
    fn write(
        &mut self,
        messages: &[Message<'_>],
        region: &str,
        replaced: bool,
        settings: &Settings,
        response: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Option<Written> {
        let mut metadata = None;
        self.packed.clear();
        let packing = match &mut self.deflate {
            Some(deflate) => Packing::Gzip(deflate, &mut self.packed),
            None => Packing::Base64(response),
        };
        let mut lines = Lines::new(&mut self.lines, packing, bytes_max);
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
            if metadata.is_none() {
                metadata = Some(
                    self.encoder
                        .metadata(&settings.partition_keys, message, context),
                );
            }
            if !self
                .encoder
                .encode(settings.format, message, context, &mut lines)
            {
                return None;
            }
        }
        let delivered = lines.finish()?;
        if self.deflate.is_some() {
            base64_simd::STANDARD.encode_append(&self.packed, response);
        }
        Some(Written {
            delivered,
            metadata: metadata.unwrap_or_default(),
        })
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
