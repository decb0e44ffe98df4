//! What today's transformer says of records: grouped by why they fail, with what would let them pass.

mod document;
mod text;

use std::collections::BTreeMap;

use catchment_transformer::firehose::{
    Batch, BatchError, RecordError, RecordResult, Response, Transformer,
};
use catchment_transformer::limits::{DECODED_MIB_MAX, MIB};
use catchment_transformer::settings::{Compression, Settings};
use catchment_transformer::subscription::DecodeError;

pub use document::{Explained, Place, Sent, VerdictName};

use super::ResponseError;
use super::input::Input;
use super::peek::{header, opened_bytes};

/// Explains records one by one. What it holds grows with the number of log groups, not of records.
pub struct Explainer {
    transformer: Transformer,
    /// The same with gzip output, for what does not fit into a response; `None` if that is set already.
    smaller: Option<Transformer>,
    groups: BTreeMap<Verdict, Group>,
}

/// What becomes of a record today.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is delivered.
    Passes,
    /// It holds nothing to deliver, by the name of the reason.
    Dropped(&'static str),
    /// It failed at the destination: what the error output holds is transformed already.
    Transformed,
    /// It fails, by the name of the reason, and passes with another setting.
    Curable(&'static str, Cure),
    /// It fails, by the name of the reason.
    Fails(&'static str),
}

/// A setting with which a record passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cure {
    /// `CATCHMENT_MAX_DECODED_MIB`, as high as the group says.
    MaxDecoded,
    /// `CATCHMENT_COMPRESSION=gzip`.
    Gzip,
}

/// Records of one verdict.
#[derive(Debug, Default)]
struct Group {
    records: usize,
    /// The first and the last arrival, or else event, in milliseconds.
    time: Option<(i64, i64)>,
    /// The cap with which all pass.
    mib: u64,
    /// What the transformer says of one of them.
    example: String,
    /// Records by account and log group.
    origins: BTreeMap<(String, String), usize>,
    /// Records by Firehose's error code.
    codes: BTreeMap<String, usize>,
}

/// A record that would pass.
#[derive(Debug, PartialEq, Eq)]
pub struct Passing {
    /// The data, decoded from base64.
    pub data: Vec<u8>,
}

/// Why an event cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error("the transformer's response cannot be read")]
    Response(#[from] ResponseError),
}

impl Explainer {
    pub fn new(settings: &Settings) -> Self {
        let smaller = (settings.compression == Compression::None).then(|| {
            Transformer::new(Settings {
                compression: Compression::Gzip,
                ..settings.clone()
            })
        });
        Self {
            transformer: Transformer::new(settings.clone()),
            smaller,
            groups: BTreeMap::new(),
        }
    }

    /// Explains the records of an event, and returns those that pass.
    ///
    /// # Errors
    /// Fails if it is not an event.
    pub fn explain(&mut self, input: &Input) -> Result<Vec<Passing>, ExplainError> {
        let event = input.event.as_bytes();
        let transformed = self.transformer.transform(event)?;
        let response: Response =
            serde_json::from_slice(&transformed.response).map_err(ResponseError::Shape)?;
        let batch = Batch::parse(event)?;
        let mut failures = transformed.report.failed.iter();
        let mut reasons = transformed.report.dropped.keys();
        // which record was dropped for which reason is not said
        let dropped = match (reasons.next(), reasons.next()) {
            (Some(only), None) => only.name(),
            _ => "control-message, no-events or by-rule",
        };
        let mut passing = Vec::new();
        for (record, answer) in batch.records.iter().zip(&response.records) {
            let text = record.data().unwrap_or_default();
            let data = base64_turbo::decode(text.as_bytes()).unwrap_or_default();
            let (verdict, example, mib) = match answer.result {
                RecordResult::Ok => (Verdict::Passes, String::new(), 0),
                RecordResult::Dropped => (Verdict::Dropped(dropped), String::new(), 0),
                RecordResult::ProcessingFailed => {
                    let error = failures.next().map_or(RecordError::NoData, |it| it.error);
                    let (verdict, mib) = failed(input, error, &data, self.smaller.as_mut());
                    (verdict, error.to_string(), mib)
                }
            };
            let is_passing = verdict == Verdict::Passes;
            let group = self.groups.entry(verdict).or_default();
            group.add(input, &data);
            group.mib = group.mib.max(mib);
            if group.example.is_empty() {
                group.example = example;
            }
            if is_passing {
                passing.push(Passing { data });
            }
        }
        Ok(passing)
    }

    /// Whether every record passes, or holds nothing to deliver.
    pub fn is_clean(&self) -> bool {
        let mut verdicts = self.groups.keys();
        verdicts.all(|verdict| matches!(verdict, Verdict::Passes | Verdict::Dropped(_)))
    }
}

/// The verdict on a record that fails, and the cap on its size with which it would not.
fn failed(
    input: &Input,
    error: RecordError,
    data: &[u8],
    smaller: Option<&mut Transformer>,
) -> (Verdict, u64) {
    let why = error.name();
    let is_after = input.origin.as_ref().is_some_and(|origin| origin.is_after);
    match error {
        RecordError::Decode(DecodeError::OverCap { .. }) => {
            let mib = MIB as u64;
            match opened_bytes(data, DECODED_MIB_MAX as u64 * mib) {
                Some(bytes) => (Verdict::Curable(why, Cure::MaxDecoded), bytes.div_ceil(mib)),
                None => (Verdict::Fails(why), 0),
            }
        }
        RecordError::NoRoom => {
            let passes = smaller
                .and_then(|smaller| smaller.transform(input.event.as_bytes()).ok())
                .is_some_and(|transformed| transformed.report.failed.is_empty());
            match passes {
                true => (Verdict::Curable(why, Cure::Gzip), 0),
                false => (Verdict::Fails(why), 0),
            }
        }
        _ if is_after && !matches!(error, RecordError::NoData) => (Verdict::Transformed, 0),
        _ => (Verdict::Fails(why), 0),
    }
}

impl Group {
    fn add(&mut self, input: &Input, data: &[u8]) {
        self.records += 1;
        let header = header(data);
        let origin = input.origin.as_ref();
        let time = origin.and_then(|origin| origin.arrived);
        if let Some(time) = time.or(header.first_event) {
            let (first, last) = self.time.unwrap_or((time, time));
            self.time = Some((first.min(time), last.max(time)));
        }
        let name = |name: Option<String>| name.unwrap_or_else(|| "unknown".to_owned());
        let place = (name(header.account), name(header.log_group));
        *self.origins.entry(place).or_default() += 1;
        if let Some(code) = origin.and_then(|origin| origin.error_code.clone()) {
            *self.codes.entry(code).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests;
