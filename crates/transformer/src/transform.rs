//! A batch in, a response out: one answer per record, in order, whatever is inside.

use std::borrow::Cow;

use crate::budget::Budget;
use crate::buffer::Buffer;
use crate::decode::Decoder;
use crate::encode::{Context, Encoder, Writer};
use crate::firehose::{Batch, BatchError, RESPONSE_CLOSE, RESPONSE_OPEN, Record, close_ok};
use crate::limits::{GZIP_LEVEL, RESPONSE_BYTES_MAX, SCRATCH_BYTES_MAX};
use crate::lines::{Lines, Packing};
use crate::message::{read, read_fast};
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
            lines: Buffer::default(),
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
        let start = response.len();
        let bytes_max = budget.room(record);
        record.open_ok(response);
        let begun = response.len();
        let mut context = Context {
            settings: &self.settings,
            region,
            replaced: false,
        };
        let mut writer = self.output.writer(context, response, bytes_max);
        let written = match read_fast(bytes, &mut writer) {
            Some(()) => writer.finish(),
            None => {
                response.truncate(begun);
                let text = String::from_utf8_lossy(bytes);
                context.replaced = matches!(text, Cow::Owned(_));
                let mut writer = self.output.writer(context, response, bytes_max);
                read(&text, &mut writer)?;
                writer.finish()
            }
        };
        if written.events == 0 {
            return Ok(Some(match written.controls {
                0 => Dropped::NoEvents,
                _ => Dropped::ControlMessage,
            }));
        }
        let delivered = written.delivered.ok_or(RecordError::NoRoom)?;
        self.output.unload(response);
        close_ok(&written.metadata, response);
        if !budget.take_ok(record, response.len() - start) {
            return Err(RecordError::NoRoom);
        }
        report.ok += 1;
        report.events += written.events;
        report.replaced += usize::from(context.replaced);
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
    lines: Buffer,
    deflate: Option<libdeflater::Compressor>,
    packed: Vec<u8>,
}

impl Output {
    /// Writes one record's lines as base64 to the end of `response`, or packs them until [`Output::unload`]; at most
    /// `bytes_max` bytes.
    fn writer<'a, 'o>(
        &'o mut self,
        context: Context<'o>,
        response: &'o mut Vec<u8>,
        bytes_max: usize,
    ) -> Writer<'a, 'o> {
        self.packed.clear();
        let packing = match &mut self.deflate {
            Some(deflate) => Packing::Gzip(deflate, &mut self.packed),
            None => Packing::Base64(response),
        };
        let lines = Lines::new(&mut self.lines, packing, bytes_max);
        Writer::new(&mut self.encoder, context, lines)
    }

    /// Writes what was packed for one record to the end of `response`.
    fn unload(&mut self, response: &mut Vec<u8>) {
        base64_simd::STANDARD.encode_append(&self.packed, response);
    }

    fn trim(&mut self) {
        self.lines.trim();
        self.packed.clear();
        self.packed.shrink_to(SCRATCH_BYTES_MAX);
    }
}

fn region_json(batch: &Batch<'_>) -> String {
    batch.region().map_or_else(
        || "null".to_owned(),
        |region| serde_json::Value::from(region).to_string(),
    )
}
