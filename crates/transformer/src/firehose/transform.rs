//! A batch in, a response out: one answer per record, in order, whatever is inside.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::answers::Answers;
use super::budget::Budget;
use super::pending::{Delivery, Outcome, Pending, Transformed};
use super::report::{Dropped, RecordError, Report};
use super::response::close_ok;
use super::{Batch, BatchError, Record};
use crate::buffer::Buffer;
use crate::limits::{BATCH_BYTES_DEFAULT, RESPONSE_BYTES_MAX};
use crate::output::{Context, Original, Output};
use crate::overflow::{LineBytes, Mark, Piece, SplitError, Splitter, messages_in, unmark};
use crate::schema::{Fault, Redactor};
use crate::settings::{Overflow, Settings};
use crate::subscription::Decoder;

/// Transforms batches under one set of settings, in buffers that stay allocated.
pub struct Transformer {
    settings: Settings,
    decoder: Decoder,
    /// Absent if nothing is redacted.
    redactor: Option<Redactor>,
    output: Output,
    /// Bytes of the last response.
    response_bytes: usize,
    /// A response that is no longer needed, to be written over.
    spare: Vec<u8>,
}

/// What is learnt of records on the way to their answers.
struct Seen {
    /// Bytes that the records opened to.
    bytes_decoded: usize,
    /// How often the record at hand was put back before.
    hops: u8,
}

impl Transformer {
    /// Makes a transformer with these settings.
    pub fn new(settings: Settings) -> Self {
        Self {
            decoder: Decoder::default(),
            redactor: Redactor::new(&settings),
            output: Output::new(&settings),
            response_bytes: 0,
            spare: Vec::new(),
            settings,
        }
    }

    /// Answers one batch: the bytes of Firehose's event in, the bytes of the response out.
    ///
    /// A record that cannot be read, or whose answer does not fit, is answered `ProcessingFailed` and counted in the
    /// report; it is never an error. If the settings ask for it, one that does not fit is to be put back instead: here, that is
    /// taken as done.
    ///
    /// # Errors
    /// Fails if the bytes are not a Firehose event, or if it has more records than a response can answer.
    pub fn transform(&mut self, event: &[u8]) -> Result<Transformed, BatchError> {
        Ok(self.begin(event)?.finish(|_| true))
    }

    /// Answers one batch up to the records that are to be put back.
    ///
    /// # Errors
    /// As [`transform`](Self::transform).
    pub fn begin<'a>(&mut self, event: &'a [u8]) -> Result<Pending<'a>, BatchError> {
        let batch = Batch::parse(event)?;
        let mut budget = Budget::new(&batch.records, RESPONSE_BYTES_MAX)?;
        let region = region_json(&batch);
        let stream = serde_json::Value::from(batch.delivery_stream_arn.as_str()).to_string();
        let mut seen = Seen {
            bytes_decoded: 0,
            hops: 0,
        };
        // Batches of one Firehose stream are alike: with room for about the last response, this one rarely has to grow, which would copy
        // it.
        let usual = self.response_bytes.max(event.len());
        let mut answers = Answers::new(mem::take(&mut self.spare), usual);
        let mut outcomes = Vec::with_capacity(batch.records.len());
        for (index, record) in batch.records.iter().enumerate() {
            let mut outcome = Outcome::Failed(RecordError::NoRoom);
            let length = answers.write(|response| {
                let room = |hops| budget.room(record, hops);
                let answer = |this: &mut Self| {
                    this.record(record, [&region, &stream], room, &mut seen, response)
                };
                outcome = self.guard(answer).unwrap_or_else(Outcome::Failed);
                !matches!(outcome, Outcome::Failed(_))
            });
            let is_ok = matches!(outcome, Outcome::Ok(_));
            outcomes.push(outcome);
            if let Some(length) = length.filter(|_| is_ok) {
                for index in budget.keep(index, seen.hops, record, length) {
                    answers.fail(index);
                    outcomes[index] = Outcome::Failed(RecordError::NoRoom);
                }
            }
        }
        let pieces = match (self.settings.overflow, batch.source()) {
            (Overflow::Reingest, Some(_)) => {
                self.split(&batch.records, &mut outcomes, [&region, &stream])
            }
            _ => Vec::new(),
        };
        self.response_bytes = answers.len();
        self.decoder.trim();
        if let Some(redactor) = &mut self.redactor {
            redactor.trim();
        }
        self.output.trim();
        Ok(Pending {
            report: Report {
                records: batch.records.len(),
                bytes_in: event.len(),
                bytes_decoded: seen.bytes_decoded,
                ..Report::default()
            },
            batch,
            budget,
            answers,
            outcomes,
            pieces,
        })
    }

    /// Takes a response back that is no longer needed, so that the next one is written in its place.
    pub fn take_back(&mut self, mut response: Vec<u8>) {
        response.shrink_to(RESPONSE_BYTES_MAX);
        self.spare = response;
    }

    /// Does the work of one record. A panic in it, which is a defect of this program, costs this record alone.
    fn guard<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Result<T, RecordError> {
        // Safe to go on after a panic: the buffers that it left behind are replaced here, and the caller drops what was written.
        catch_unwind(AssertUnwindSafe(|| work(self))).map_err(|_| {
            self.decoder = Decoder::default();
            self.redactor = Redactor::new(&self.settings);
            self.output = Output::new(&self.settings);
            RecordError::Panicked
        })
    }

    /// Decides what becomes of one record, and appends its answer to `response` unless it failed. An `Ok` answer may have
    /// about `room` bytes, which depends on how often the record was put back.
    fn record(
        &mut self,
        record: &Record<'_>,
        names: [&str; 2],
        room: impl Fn(u8) -> usize,
        seen: &mut Seen,
        response: &mut Buffer,
    ) -> Outcome {
        let begin = response.len();
        let outcome = self
            .encode(record, names, room, seen, response)
            .unwrap_or_else(Outcome::Failed);
        if let Outcome::Dropped(_) | Outcome::DroppedByRule(_) = outcome {
            response.truncate(begin);
            record.write_dropped(response);
        }
        outcome
    }

    /// Opens a record and appends the answer `Ok`, which is void if the outcome is another.
    fn encode(
        &mut self,
        record: &Record<'_>,
        [region, stream]: [&str; 2],
        room: impl Fn(u8) -> usize,
        seen: &mut Seen,
        response: &mut Buffer,
    ) -> Result<Outcome, RecordError> {
        seen.hops = 0;
        let data = record.data().ok_or(RecordError::NoData)?;
        let opened = self
            .decoder
            .decode(&data, self.settings.decoded_bytes_max)?;
        seen.bytes_decoded += opened.text.len();
        let unmarked = unmark(opened.text);
        let (text, member) = match &unmarked {
            None => (opened.text, opened.member),
            Some((mark, text)) => {
                seen.hops = mark.hops;
                if is_for_another(mark, stream, text) {
                    return Ok(Outcome::Dropped(Dropped::ForAnother));
                }
                (text.as_slice(), None)
            }
        };
        let redacted = match &mut self.redactor {
            None => None,
            Some(redactor) => Some(redactor.redact(text)?),
        };
        let (text, member, told) = match &redacted {
            None => (text, member, [].as_slice()),
            Some(redacted) => {
                let member = member.filter(|_| !redacted.is_changed);
                (redacted.text, member, redacted.told)
            }
        };
        record.open_ok(response);
        let context = Context {
            settings: &self.settings,
            region,
            told,
            original: Original {
                text_bytes: text.len(),
                member,
            },
        };
        let mut encoder = self.output.record(context, response, room(seen.hops));
        encoder.read(text)?;
        #[cfg(test)]
        tests::panic_if_planted(text);
        let encoded = encoder.finish();
        if encoded.events == 0 {
            return Ok(Outcome::Dropped(match encoded.controls {
                0 => Dropped::NoEvents,
                _ => Dropped::ControlMessage,
            }));
        }
        let events = encoded.events - encoded.dropped_total();
        let dropped = encoded.dropped.iter();
        let dropped_by_rule = dropped
            .map(|(rule, count)| (self.settings.rules.name(*rule).to_owned(), *count))
            .collect();
        let bytes = encoded.delivered.ok_or(RecordError::NoRoom)?;
        if events == 0 {
            return Ok(Outcome::DroppedByRule(dropped_by_rule));
        }
        close_ok(&encoded.metadata, response);
        Ok(Outcome::Ok(Delivery {
            events,
            bytes,
            replaced: encoded.replaced,
            unparsed: encoded.unparsed,
            redacted: redacted.map_or(0, |redacted| redacted.events),
            dropped_by_rule,
        }))
    }

    /// Splits the records whose answers do not fit, and returns the pieces. The outcome of each says whether it was split.
    fn split(
        &mut self,
        records: &[Record<'_>],
        outcomes: &mut [Outcome],
        [region, stream]: [&str; 2],
    ) -> Vec<Piece> {
        let data = |record: &Record<'_>| record.data().map_or(0, |data| data.len() / 4 * 3);
        let batch_bytes = records.iter().map(data).sum::<usize>();
        let mut splitter = Splitter::new(batch_bytes.max(BATCH_BYTES_DEFAULT));
        for (index, (record, outcome)) in records.iter().zip(outcomes).enumerate() {
            if !matches!(outcome, Outcome::Failed(RecordError::NoRoom)) {
                continue;
            }
            let split =
                |this: &mut Self| this.split_record(index, record, &mut splitter, [region, stream]);
            *outcome = match self.guard(split) {
                Ok(split) => split,
                Err(panicked) => {
                    splitter.take_back(index);
                    Outcome::Failed(panicked)
                }
            };
        }
        splitter.into_pieces()
    }

    /// Splits the record at `index`, whose answer does not fit.
    fn split_record(
        &mut self,
        index: usize,
        record: &Record<'_>,
        splitter: &mut Splitter,
        [region, stream]: [&str; 2],
    ) -> Outcome {
        let opened = record.data().and_then(|data| {
            let bytes_max = self.settings.decoded_bytes_max;
            self.decoder.decode(&data, bytes_max).ok()
        });
        // It was opened before.
        let Some(opened) = opened else {
            return Outcome::Failed(RecordError::NoRoom);
        };
        let unmarked = unmark(opened.text);
        let (hops, text) = match &unmarked {
            None => (0, opened.text),
            Some((mark, text)) => (mark.hops, text.as_slice()),
        };
        let mark = Mark {
            hops: hops + 1,
            stream: stream.as_bytes(),
        };
        let growth = self.output.growth();
        // What is put back is as it came.
        let redacted = match &mut self.redactor {
            None => 0,
            Some(redactor) => redactor.redact(text).map_or(0, |one| one.growth_bytes),
        };
        let line = LineBytes {
            times: 1 + growth.times,
            beside: region.len() + redacted,
            more: growth.bytes,
        };
        let split = splitter.split(index, text, mark, line);
        #[cfg(test)]
        tests::panic_if_planted_in_pieces(text);
        match split {
            Ok(()) => Outcome::PutBack,
            Err(SplitError::Hops) => Outcome::Failed(RecordError::TooManyHops),
            Err(SplitError::EventTooLarge) => Outcome::Failed(RecordError::EventTooLarge),
            Err(SplitError::TooMany) => Outcome::Failed(RecordError::NoRoom),
        }
    }
}

/// Whether a message was put back for another Firehose stream than this one, which has delivered it before.
fn is_for_another(mark: &Mark<'_>, stream: &str, text: &[u8]) -> bool {
    // A batch that does not name its stream is a captured one. What follows the message that bears the mark has none.
    stream != "\"\"" && mark.stream != stream.as_bytes() && messages_in(text) == 1
}

impl From<Fault> for RecordError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Message(error) => Self::Message(error),
            Fault::Misfit(of) => Self::NotRedacted { of },
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
