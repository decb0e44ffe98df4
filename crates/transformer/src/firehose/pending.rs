//! A batch between its transformation and its response: what becomes of the records to be put back is not known yet.

use std::collections::BTreeMap;

use super::answers::Answers;
use super::budget::Budget;
use super::report::{Dropped, Failure, RecordError, Report};
use super::{Batch, Record};
use crate::overflow::{Piece, Target};

/// A batch whose response waits for records to be put back.
pub struct Pending<'a> {
    pub(super) batch: Batch<'a>,
    pub(super) budget: Budget<'a>,
    pub(super) answers: Answers,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) report: Report,
    pub(super) pieces: Vec<Piece>,
}

/// The answer to one batch.
#[derive(Debug)]
pub struct Transformed {
    /// The response as JSON: `{"records":[…]}`, at most [`RESPONSE_BYTES_MAX`](crate::limits::RESPONSE_BYTES_MAX) bytes.
    pub response: Vec<u8>,
    /// What became of the records.
    pub report: Report,
    /// Firehose's id of the invocation; empty if the event has none.
    pub invocation_id: String,
    /// The Firehose stream's ARN; empty if the event has none.
    pub delivery_stream_arn: String,
}

/// What becomes of a record.
pub(super) enum Outcome {
    Ok(Delivery),
    Dropped(Dropped),
    /// Rules dropped all of its log events: so many each, by its name.
    DroppedByRule(BTreeMap<String, usize>),
    /// `Dropped` if all its pieces were put back, otherwise failed.
    PutBack,
    Failed(RecordError),
}

/// What a record delivers.
pub(super) struct Delivery {
    pub(super) events: usize,
    pub(super) bytes: usize,
    /// Whether U+FFFD replaces bytes that were not UTF-8.
    pub(super) replaced: bool,
    /// Log events that are not as their source writes them.
    pub(super) unparsed: usize,
    /// Log events of which something was redacted.
    pub(super) redacted: usize,
    /// Log events that each rule dropped, by its name.
    pub(super) dropped_by_rule: BTreeMap<String, usize>,
}

impl<'a> Pending<'a> {
    /// The records to be put back, those of one record of the batch next to each other.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Where they are to be put back; `None` if there are none.
    pub fn target(&self) -> Option<Target> {
        self.batch.source().filter(|_| !self.pieces.is_empty())
    }

    /// Writes the response. `is_put` tells of each of the [pieces](Self::pieces), by its index, whether it was put back: a record is
    /// `Dropped` if all of its pieces were, and `ProcessingFailed` otherwise.
    pub fn finish(self, is_put: impl Fn(usize) -> bool) -> Transformed {
        let Self {
            batch,
            mut budget,
            answers,
            mut outcomes,
            mut report,
            pieces,
        } = self;
        for (index, piece) in pieces.iter().enumerate() {
            if is_put(index) {
                report.pieces_put_back += 1;
                report.bytes_put_back += piece.bytes();
            } else {
                outcomes[piece.record] = Outcome::Failed(RecordError::NotPutBack);
            }
        }
        let records = &batch.records;
        let response = answers.finish(records, |index, record, response| match outcomes[index] {
            Outcome::PutBack => record.write_dropped(response),
            _ => record.write_failed(budget.take_original(record), response),
        });
        for (record, outcome) in records.iter().zip(outcomes) {
            report.count(record, outcome);
        }
        report.bytes_out = response.len();
        Transformed {
            response,
            report,
            invocation_id: batch.invocation_id,
            delivery_stream_arn: batch.delivery_stream_arn,
        }
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
                self.unparsed += delivery.unparsed;
                self.redacted += delivery.redacted;
                self.bytes_delivered += delivery.bytes;
                self.count_dropped(delivery.dropped_by_rule);
            }
            Outcome::DroppedByRule(dropped) => {
                *self.dropped.entry(Dropped::ByRule).or_default() += 1;
                self.count_dropped(dropped);
            }
            Outcome::Dropped(why) => *self.dropped.entry(why).or_default() += 1,
            Outcome::PutBack => *self.dropped.entry(Dropped::PutBack).or_default() += 1,
            Outcome::Failed(error) => self.failed.push(Failure {
                record_id: record.id().into_owned(),
                error,
            }),
        }
    }
    fn count_dropped(&mut self, dropped: BTreeMap<String, usize>) {
        for (rule, count) in dropped {
            *self.dropped_by_rule.entry(rule).or_default() += count;
        }
    }
}
