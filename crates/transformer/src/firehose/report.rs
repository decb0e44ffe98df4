//! What became of a batch, in numbers and reasons, without any log data.

use std::collections::BTreeMap;

use crate::source::Source;
use crate::subscription::{DecodeError, MessageError};

/// What became of one batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Records in the batch.
    pub records: usize,
    /// Records answered `Ok`.
    pub ok: usize,
    /// Records answered `Dropped`, by reason.
    pub dropped: BTreeMap<Dropped, usize>,
    /// Records answered `ProcessingFailed`, in the order of the batch.
    pub failed: Vec<Failure>,
    /// Log events that the records answered `Ok` deliver.
    pub events: usize,
    /// Log events that each rule dropped, by its name, in records answered `Ok` or `Dropped`.
    pub dropped_by_rule: BTreeMap<String, usize>,
    /// Records answered `Ok` in which U+FFFD replaces bytes that were not UTF-8.
    pub replaced: usize,
    /// Log events in the records answered `Ok` that are not as their source writes them, so that they keep `message`.
    pub unparsed: usize,
    /// Log events in the records answered `Ok` of which something was redacted, whether rules then dropped them or not.
    pub redacted: usize,
    /// Records that were put back in the place of others.
    pub pieces_put_back: usize,
    /// Bytes of these.
    pub bytes_put_back: usize,
    /// Bytes of the event.
    pub bytes_in: usize,
    /// Bytes that the records opened to.
    pub bytes_decoded: usize,
    /// Bytes that the destination receives.
    pub bytes_delivered: usize,
    /// Bytes of the response.
    pub bytes_out: usize,
}

/// Why a record has nothing to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dropped {
    /// A CONTROL_MESSAGE: CloudWatch Logs' check that it can deliver.
    ControlMessage,
    /// A DATA_MESSAGE without log events.
    NoEvents,
    /// A DATA_MESSAGE whose log events were all dropped by rules.
    ByRule,
    /// Its answer did not fit into the response; it was split and put back to the stream it came from.
    PutBack,
    /// The transformer of another Firehose stream put it back, for itself.
    ForAnother,
}

impl Dropped {
    /// The reason as logs and summaries name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ControlMessage => "control-message",
            Self::NoEvents => "no-events",
            Self::ByRule => "by-rule",
            Self::PutBack => "put-back",
            Self::ForAnother => "for-another-stream",
        }
    }
}

/// A record answered `ProcessingFailed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The record's id.
    pub record_id: String,
    /// Why it failed.
    pub error: RecordError,
}

/// Why a record failed. No message quotes its data.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum RecordError {
    /// The record has no data, or its data is not a string.
    #[error("the record has no `data`, or `data` is not a string")]
    NoData,
    /// The data could not be opened.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The text inside is not a subscription message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A message is not as its source writes it, so that its fields are not known.
    #[error(
        "a message of {of} is not as its source writes it, so that its fields cannot be redacted"
    )]
    NotRedacted {
        /// The source, of which something is redacted.
        of: Source,
    },
    /// The answer does not fit into the response.
    #[error(
        "its answer does not fit into the response (Lambda's limit is 6 MB); use a smaller Firehose buffer or gzip output"
    )]
    NoRoom,
    /// The answer does not fit, and the record could not be put back in time.
    #[error(
        "its answer does not fit into the response, and not all of it could be put back to its stream in time"
    )]
    NotPutBack,
    /// The answer does not fit, and the record was put back too often.
    #[error(
        "its answer does not fit into the response, and it was put back {max} times before; use a smaller Firehose buffer",
        max = crate::limits::HOPS_MAX
    )]
    TooManyHops,
    /// The answer does not fit, and an event in it is too large to be put back.
    #[error("its answer does not fit into the response, and an event in it is too large by itself")]
    EventTooLarge,
    /// The transformer panicked, which is a defect of it.
    #[error("the transformer panicked at this record, which is a defect of the transformer")]
    Panicked,
}

impl RecordError {
    /// The reason as logs, metrics and summaries name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoData => "no-data",
            Self::Decode(DecodeError::NotBase64) => "not-base64",
            Self::Decode(DecodeError::UnknownEncoding) => "unknown-encoding",
            Self::Decode(DecodeError::Damaged { .. }) => "damaged",
            Self::Decode(DecodeError::OverCap { .. }) => "over-cap",
            Self::Message(MessageError::NotJson { .. }) => "not-json",
            Self::Message(
                MessageError::Field { .. }
                | MessageError::Twice { .. }
                | MessageError::TooLong { .. },
            ) => "not-a-subscription-message",
            Self::Message(MessageError::TooDeep) => "too-deep",
            Self::Message(MessageError::UnknownType) => "unknown-message-type",
            Self::NotRedacted { .. } => "not-redacted",
            Self::NoRoom => "no-room",
            Self::NotPutBack => "not-put-back",
            Self::TooManyHops => "too-many-hops",
            Self::EventTooLarge => "event-too-large",
            Self::Panicked => "panicked",
        }
    }
}

impl Report {
    /// The number of failed records by the name of the reason.
    pub fn failed_by_reason(&self) -> BTreeMap<&'static str, usize> {
        let mut reasons = BTreeMap::new();
        for failure in &self.failed {
            *reasons.entry(failure.error.name()).or_default() += 1;
        }
        reasons
    }

    /// The number of dropped records.
    pub fn dropped_total(&self) -> usize {
        self.dropped.values().sum()
    }
}
