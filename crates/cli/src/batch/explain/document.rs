//! The explanation as data, for a program.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Cure, Explainer, Group, Verdict};

/// Records that have the same in common: what becomes of them today, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explained {
    pub verdict: VerdictName,
    /// Why they fail, or hold nothing to deliver, such as `over-cap`.
    pub reason: Option<&'static str>,
    /// A setting with which they pass, such as `CATCHMENT_COMPRESSION=gzip`.
    pub setting: Option<String>,
    pub records: usize,
    /// The first and the last arrival, or else event.
    pub from: Option<String>,
    pub to: Option<String>,
    /// What the transformer says of one of them.
    pub because: Option<String>,
    pub origins: Vec<Place>,
    /// Records by the code with which Firehose wrote them to the error output.
    pub error_codes: BTreeMap<String, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictName {
    Passes,
    /// No log event is in it.
    NothingToDeliver,
    /// It failed at the destination, and is transformed already.
    Transformed,
    /// It passes with another setting.
    Curable,
    Fails,
}

/// Where records come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    pub account: String,
    pub log_group: String,
    pub records: usize,
}

/// What `replay --put` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sent {
    /// The stream and its Region, such as `kinesis:logs in us-west-2`.
    pub to: String,
    /// Nothing was sent, because --yes was not given.
    pub is_dry: bool,
    pub sent: usize,
    /// Not sent, and would be.
    pub left: usize,
    pub sent_before: usize,
    pub too_large: usize,
}

impl Explainer {
    /// The groups, in the order of their verdicts.
    pub fn explained(&self) -> Vec<Explained> {
        let groups = self.groups.iter();
        groups
            .map(|(verdict, group)| group.explained(verdict))
            .collect()
    }
}

impl Group {
    fn explained(&self, verdict: &Verdict) -> Explained {
        let (name, reason, setting) = match verdict {
            Verdict::Passes => (VerdictName::Passes, None, None),
            Verdict::Dropped(why) => (VerdictName::NothingToDeliver, Some(*why), None),
            Verdict::Transformed => (VerdictName::Transformed, None, None),
            Verdict::Curable(why, cure) => {
                let setting = match cure {
                    Cure::MaxDecoded => format!("CATCHMENT_MAX_DECODED_MIB={}", self.mib),
                    Cure::Gzip => "CATCHMENT_COMPRESSION=gzip".to_owned(),
                };
                (VerdictName::Curable, Some(*why), Some(setting))
            }
            Verdict::Fails(why) => (VerdictName::Fails, Some(*why), None),
        };
        let time = |milliseconds| Some(Timestamp::from_millisecond(milliseconds).ok()?.to_string());
        let origin = |((account, log_group), records): (&(String, String), &usize)| Place {
            account: account.clone(),
            log_group: log_group.clone(),
            records: *records,
        };
        Explained {
            verdict: name,
            reason,
            setting,
            records: self.records,
            from: self.time.and_then(|(first, _)| time(first)),
            to: self.time.and_then(|(_, last)| time(last)),
            because: Some(self.example.clone()).filter(|text| !text.is_empty()),
            origins: self.origins.iter().map(origin).collect(),
            error_codes: self.codes.clone(),
        }
    }
}
