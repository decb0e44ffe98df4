//! A batch in, a response out: one answer per record, in order, whatever is inside.

use super::answers::Answers;
use super::budget::Budget;
use super::report::{Dropped, Failure, RecordError, Report};
use super::response::close_ok;
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
        let records = &batch.records;
        let mut budget = Budget::new(records, RESPONSE_BYTES_MAX)?;
        let region = region_json(&batch);
        let mut report = Report {
            records: records.len(),
            bytes_in: event.len(),
            ..Report::default()
        };
        // Batches of one Firehose stream are alike: with room for the last response, this one rarely has to grow.
        let mut answers = Answers::new(self.response_bytes.max(event.len()));
        let mut outcomes = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            let room = budget.room(record);
            let mut outcome = Outcome::Failed(RecordError::NoRoom);
            let length = answers.write(|response| {
                outcome = self.record(record, &region, room, &mut report.bytes_decoded, response);
                !matches!(outcome, Outcome::Failed(_))
            });
            let is_ok = matches!(outcome, Outcome::Ok(_));
            outcomes.push(outcome);
            let too_long = length
                .filter(|_| is_ok)
                .and_then(|length| budget.keep(index, record, length));
            if let Some(index) = too_long {
                answers.fail(index);
                outcomes[index] = Outcome::Failed(RecordError::NoRoom);
            }
        }
        for (record, outcome) in records.iter().zip(outcomes) {
            report.count(record, outcome);
        }
        let response = answers.finish(records, |record| budget.take_original(record));
        report.bytes_out = response.len();
        self.response_bytes = response.len();
        self.decoder.trim();
        self.output.trim();
        Ok(Transformed {
            response,
            report,
            invocation_id: batch.invocation_id,
            delivery_stream_arn: batch.delivery_stream_arn,
        })
    }

    /// Decides what becomes of one record, and appends its answer to `response` unless it failed. An `Ok` answer may have
    /// about `room` bytes.
    fn record(
        &mut self,
        record: &Record<'_>,
        region: &str,
        room: usize,
        bytes_decoded: &mut usize,
        response: &mut Vec<u8>,
    ) -> Outcome {
        let begin = response.len();
        let outcome = self
            .encode(record, region, room, bytes_decoded, response)
            .unwrap_or_else(Outcome::Failed);
        if let Outcome::Dropped(_) = outcome {
            response.truncate(begin);
            record.write_dropped(response);
        }
        outcome
    }

    /// Opens a record and appends the answer `Ok`, which is void if the outcome is another.
    fn encode(
        &mut self,
        record: &Record<'_>,
        region: &str,
        room: usize,
        bytes_decoded: &mut usize,
        response: &mut Vec<u8>,
    ) -> Result<Outcome, RecordError> {
        let data = record.data().ok_or(RecordError::NoData)?;
        let opened = self
            .decoder
            .decode(&data, self.settings.decoded_bytes_max)?;
        *bytes_decoded += opened.text.len();
        record.open_ok(response);
        let context = Context {
            settings: &self.settings,
            region,
            original: Original {
                text_bytes: opened.text.len(),
                member: opened.member,
            },
        };
        let mut encoder = self.output.record(context, response, room);
        read(opened.text, &mut encoder)?;
        let encoded = encoder.finish();
        if encoded.events == 0 {
            return Ok(Outcome::Dropped(match encoded.controls {
                0 => Dropped::NoEvents,
                _ => Dropped::ControlMessage,
            }));
        }
        let bytes = encoded.delivered.ok_or(RecordError::NoRoom)?;
        close_ok(&encoded.metadata, response);
        Ok(Outcome::Ok(Delivery {
            events: encoded.events,
            bytes,
            replaced: encoded.replaced,
        }))
    }
}

impl Report {
    /// Counts one record.
    fn count(&mut self, record: &Record<'_>, outcome: Outcome) {
        match outcome {
            Outcome::Ok(delivery) => {
                self.ok += 1;
                self.events += delivery.events;
                self.replaced += usize::from(delivery.replaced);
                self.bytes_delivered += delivery.bytes;
            }
            Outcome::Dropped(why) => *self.dropped.entry(why).or_default() += 1,
            Outcome::Failed(error) => self.failed.push(Failure {
                record_id: record.id().into_owned(),
                error,
            }),
        }
    }
}

fn region_json(batch: &Batch<'_>) -> String {
    batch.region().map_or_else(
        || "null".to_owned(),
        |region| serde_json::Value::from(region).to_string(),
    )
}

#[cfg(test)]
mod tests;
