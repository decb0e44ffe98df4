//! A batch in, a response out: one answer per record, in order, whatever is inside.

use super::budget::Budget;
use super::report::{Dropped, Failure, RecordError, Report};
use super::response::{RESPONSE_CLOSE, RESPONSE_OPEN, close_ok};
use super::{Batch, BatchError, Record};
use crate::limits::RESPONSE_BYTES_MAX;
use crate::output::{Context, Original, Output};
use crate::settings::Settings;
use crate::subscription::{Decoder, read};

/// Transforms batches under one set of settings, in buffers that stay allocated.
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
    /// The response as JSON: `{"records":[…]}`, at most [`RESPONSE_BYTES_MAX`] bytes.
    pub response: Vec<u8>,
    /// What became of the records.
    pub report: Report,
    /// Firehose's id of the invocation; empty if the event has none.
    pub invocation_id: String,
    /// The Firehose stream's ARN; empty if the event has none.
    pub delivery_stream_arn: String,
}

/// What becomes of a record.
enum Outcome {
    /// Its answer is in the response.
    Ok(Delivery),
    Dropped(Dropped),
    Failed(RecordError),
}

/// What a record delivers.
struct Delivery {
    events: usize,
    bytes: usize,
    /// Whether U+FFFD replaces bytes that were not UTF-8.
    replaced: bool,
}

impl Transformer {
    /// Makes a transformer with these settings.
    pub fn new(settings: Settings) -> Self {
        Self {
            decoder: Decoder::default(),
            output: Output::new(&settings),
            response_bytes: 0,
            settings,
        }
    }

    /// Answers one batch: the bytes of Firehose's event in, the bytes of the response out.
    ///
    /// A record that cannot be read, or whose answer does not fit, is answered `ProcessingFailed` and counted in the
    /// report; it is never an error.
    ///
    /// # Errors
    /// Fails if the bytes are not a Firehose event, or if it has more records than a response can answer.
    pub fn transform(&mut self, event: &[u8]) -> Result<Transformed, BatchError> {
        let batch = Batch::parse(event)?;
        let mut budget = Budget::new(&batch.records, RESPONSE_BYTES_MAX)?;
        let region = region_json(&batch);
        let mut report = Report {
            records: batch.records.len(),
            bytes_in: event.len(),
            ..Report::default()
        };
        // Batches of one Firehose stream are alike: with room for the last response, this one rarely has to grow.
        let mut response = Vec::with_capacity(self.response_bytes.max(event.len()));
        response.extend_from_slice(RESPONSE_OPEN.as_bytes());
        for (index, record) in batch.records.iter().enumerate() {
            if index > 0 {
                response.push(b',');
            }
            let start = response.len();
            let outcome = self.record(record, &region, &mut budget, &mut report, &mut response);
            match outcome {
                Outcome::Ok(delivery) => {
                    report.ok += 1;
                    report.events += delivery.events;
                    report.replaced += usize::from(delivery.replaced);
                    report.bytes_delivered += delivery.bytes;
                }
                Outcome::Dropped(why) => {
                    *report.dropped.entry(why).or_default() += 1;
                    response.truncate(start);
                    record.write_dropped(&mut response);
                }
                Outcome::Failed(error) => {
                    report.failed.push(Failure {
                        record_id: record.id().into_owned(),
                        error,
                    });
                    response.truncate(start);
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

    /// Decides what becomes of one record. The answer is in `response` if that is [`Outcome::Ok`]; otherwise what was
    /// written there is void.
    fn record(
        &mut self,
        record: &Record<'_>,
        region: &str,
        budget: &mut Budget,
        report: &mut Report,
        response: &mut Vec<u8>,
    ) -> Outcome {
        self.answer(record, region, budget, report, response)
            .unwrap_or_else(Outcome::Failed)
    }

    fn answer(
        &mut self,
        record: &Record<'_>,
        region: &str,
        budget: &mut Budget,
        report: &mut Report,
        response: &mut Vec<u8>,
    ) -> Result<Outcome, RecordError> {
        let data = record.data().ok_or(RecordError::NoData)?;
        let opened = self
            .decoder
            .decode(&data, self.settings.decoded_bytes_max)?;
        report.bytes_decoded += opened.text.len();
        let start = response.len();
        let bytes_max = budget.room(record);
        record.open_ok(response);
        let context = Context {
            settings: &self.settings,
            region,
            original: Original {
                text_bytes: opened.text.len(),
                member: opened.member,
            },
        };
        let mut encoder = self.output.record(context, response, bytes_max);
        read(opened.text, &mut encoder)?;
        let encoded = encoder.finish();
        if encoded.events == 0 {
            return Ok(Outcome::Dropped(match encoded.controls {
                0 => Dropped::NoEvents,
                _ => Dropped::ControlMessage,
            }));
        }
        let delivered = encoded.delivered.ok_or(RecordError::NoRoom)?;
        close_ok(&encoded.metadata, response);
        if !budget.take_ok(record, response.len() - start) {
            return Err(RecordError::NoRoom);
        }
        Ok(Outcome::Ok(Delivery {
            events: encoded.events,
            bytes: delivered,
            replaced: encoded.replaced,
        }))
    }
}

fn region_json(batch: &Batch<'_>) -> String {
    batch.region().map_or_else(
        || "null".to_owned(),
        |region| serde_json::Value::from(region).to_string(),
    )
}
