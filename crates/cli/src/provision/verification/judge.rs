//! From what was seen of a test event to the hop at which it ended, why, and what mends that.

use super::{Break, BucketTarget, Fault, Firehose, Hop, Object, PathState, Target};
use crate::count::counted;

/// Everything that was seen of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What the configuration says against it, in the order of the hops.
    pub breaks: Vec<Break>,
    pub sending: Sending,
    pub arrival: Arrival,
    pub signals: Signals,
    /// Each Firehose stream that reads the Kinesis stream; `None` if they were not looked for.
    pub delivery: Option<Delivery>,
}

/// What became of the put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// Nothing was put, because the event could not have arrived.
    NotTried,
    Done,
    /// The filter's pattern does not let the test event pass.
    Unmatched {
        pattern: String,
    },
    /// The event could not be put.
    Refused {
        why: String,
        hint: String,
    },
}

/// What became of it at the Kinesis stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// The stream could not be read, or not by these credentials.
    Unread {
        why: String,
        is_asked_for: bool,
    },
    Missing {
        seconds: u64,
    },
    Found {
        ms: u64,
    },
}

/// What CloudWatch counted in the last hour; `None` if it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signals {
    /// Log events that the filter's destination refused.
    pub errors: Option<u64>,
    /// Log events that were delayed because the destination was too busy.
    pub throttled: Option<u64>,
    /// Records that the stream refused for want of capacity.
    pub refused: Option<u64>,
}

/// What was seen behind the Kinesis stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The Kinesis stream.
    pub stream: String,
    /// The bucket that the operator expects.
    pub bucket: Option<String>,
    pub firehoses: Vec<(Firehose, Looked)>,
    /// Why the Firehose streams could not be listed.
    pub unread: Option<String>,
    /// The flags with which `replay` and the AWS CLI find the account, such as `--profile logging --region us-west-2`.
    pub flags: String,
}

/// What became of the event behind one Firehose stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// It was not looked for, because it is not in the Kinesis stream, or the target is none that is looked into.
    No,
    Found {
        url: String,
        ms: u64,
    },
    /// It is in the error output.
    Failed {
        url: String,
        code: Option<String>,
        message: Option<String>,
    },
    Missing {
        seconds: u64,
    },
    NoBucket,
    Unread {
        why: String,
    },
}

/// What follows from the evidence.
pub fn judge(evidence: &Evidence) -> (PathState, Option<Fault>, Vec<Object>) {
    let Evidence {
        breaks,
        sending,
        arrival,
        signals,
        delivery,
    } = evidence;
    let failed = |fault| (PathState::Failed, Some(fault), Vec::new());
    let unproven = |fault| (PathState::NotProven, Some(fault), Vec::new());
    let unknown = |fault| (PathState::Unknown, Some(fault), Vec::new());
    let certain = breaks.iter().find(|one| one.is_certain);
    if let Arrival::Found { .. } = arrival {
        return match delivery {
            None => (PathState::Proven, None, Vec::new()),
            Some(delivery) => behind_the_stream(delivery),
        };
    }
    if let Some(one) = certain {
        return failed(one.fault.clone());
    }
    match sending {
        Sending::NotTried | Sending::Done => {}
        Sending::Unmatched { pattern } => {
            // a pattern that nobody asked for
            if let Some(one) = breaks.iter().find(|one| one.fault.hop == Hop::Filter) {
                return failed(one.fault.clone());
            }
            return unproven(fault(
                Hop::Filter,
                format!(
                    "the filter's pattern {pattern:?} does not let the test event pass, so that none was sent"
                ),
                "nothing is wrong as far as this shows; write an event that matches, and look for it with `catchment capture`",
            ));
        }
        Sending::Refused { why, hint } => {
            return unknown(fault(
                Hop::LogGroup,
                format!("no test event could be written: {why}"),
                hint,
            ));
        }
    }
    match arrival {
        Arrival::Found { .. } => {}
        Arrival::Unread {
            why,
            is_asked_for: true,
        } => {
            return unknown(fault(
                Hop::Stream,
                format!("the stream could not be read: {why}"),
                "`catchment policies` prints what verify needs in the logging account; to prove only the members' half, name them with --member",
            ));
        }
        Arrival::Unread {
            is_asked_for: false,
            ..
        } => {
            return match signals.errors {
                Some(errors @ 1..) => failed(refused(errors)),
                _ => (PathState::Sent, None, Vec::new()),
            };
        }
        Arrival::Missing { seconds } => return failed(missing(*seconds, breaks, signals)),
    }
    (PathState::Proven, None, Vec::new())
}

fn fault(hop: Hop, why: impl Into<String>, hint: impl Into<String>) -> Fault {
    Fault {
        hop,
        why: why.into(),
        hint: hint.into(),
    }
}

/// Why an event that was written is not in the stream.
fn missing(seconds: u64, breaks: &[Break], signals: &Signals) -> Fault {
    if let Some(one) = breaks.first() {
        return one.fault.clone();
    }
    match signals {
        Signals {
            refused: Some(count @ 1..),
            ..
        } => fault(
            Hop::Stream,
            format!(
                "the stream is full: it refused {} in the last hour",
                counted(*count, "record")
            ),
            "raise `shards` under [logging.stream], or set mode = \"on-demand\" there; then run `catchment apply --logging`",
        ),
        Signals {
            throttled: Some(count @ 1..),
            ..
        } => fault(
            Hop::Stream,
            format!(
                "the stream is full: CloudWatch Logs was throttled for {} in the last hour",
                counted(*count, "log event")
            ),
            "raise `shards` under [logging.stream], or set mode = \"on-demand\" there; then run `catchment apply --logging`",
        ),
        Signals {
            errors: Some(count @ 1..),
            ..
        } => refused(*count),
        _ => fault(
            Hop::Filter,
            format!(
                "the test event was not in the stream after {seconds} s, and the configuration is as the fleet file says"
            ),
            "after a refused delivery a filter pauses for up to ten minutes: run `catchment verify` again then, or with a longer --wait",
        ),
    }
}

fn refused(count: u64) -> Fault {
    fault(
        Hop::Role,
        format!(
            "CloudWatch Logs could not deliver {} in the last hour",
            counted(count, "log event")
        ),
        "run `catchment status` in the logging account; if all is in sync, look for a service control policy or a permissions boundary that denies the role kinesis:PutRecord",
    )
}

const DEPLOY: &str = "deploy infra/logging.yaml: `catchment infra parameters --output json > parameters.yaml`, then `sam deploy … --parameter-overrides file://parameters.yaml`";

fn behind_the_stream(delivery: &Delivery) -> (PathState, Option<Fault>, Vec<Object>) {
    let Delivery {
        stream,
        bucket: expected,
        firehoses,
        unread,
        flags,
    } = delivery;
    let objects = firehoses
        .iter()
        .filter_map(|(firehose, looked)| match looked {
            Looked::Found { url, ms } => Some(Object {
                firehose: firehose.name.clone(),
                url: url.clone(),
                ms: *ms,
            }),
            _ => None,
        });
    let objects: Vec<_> = objects.collect();
    if let Some(why) = unread {
        let why = format!("the Firehose streams could not be read: {why}");
        let hint =
            "`catchment policies` prints what `verify --destination` needs in the logging account";
        return (
            PathState::Unknown,
            Some(fault(Hop::Firehose, why, hint)),
            objects,
        );
    }
    if firehoses.is_empty() {
        let why = format!("no Firehose stream reads stream {stream}");
        return (
            PathState::Failed,
            Some(fault(Hop::Firehose, why, DEPLOY)),
            objects,
        );
    }
    let buckets = || {
        firehoses
            .iter()
            .filter_map(|(firehose, _)| match &firehose.target {
                Target::Bucket(target) => Some(target.bucket.as_str()),
                Target::Other(_) => None,
            })
    };
    if let Some(expected) = expected
        && !buckets().any(|bucket| bucket == expected)
    {
        let actual: Vec<_> = buckets().collect();
        let why = match actual.as_slice() {
            [] => format!("no Firehose stream delivers to bucket {expected}"),
            some => format!(
                "the Firehose streams deliver to bucket {}, not to {expected}",
                some.join(", ")
            ),
        };
        return (
            PathState::Failed,
            Some(fault(Hop::Bucket, why, DEPLOY)),
            objects,
        );
    }
    let faults = firehoses
        .iter()
        .filter_map(|(firehose, looked)| behind(firehose, looked, flags));
    let mut faults: Vec<_> = faults.collect();
    // what failed comes before what could not be proven
    faults.sort_by_key(|(state, _)| std::cmp::Reverse(*state));
    match faults.into_iter().next() {
        None => (PathState::Proven, None, objects),
        Some((state, fault)) => (state, Some(fault), objects),
    }
}

fn behind(firehose: &Firehose, looked: &Looked, flags: &str) -> Option<(PathState, Fault)> {
    let Firehose {
        name,
        status,
        target,
        log_group,
    } = firehose;
    let failed = |fault| Some((PathState::Failed, fault));
    let unproven = |fault| Some((PathState::NotProven, fault));
    let unknown = |fault| Some((PathState::Unknown, fault));
    match (looked, target) {
        (Looked::Found { .. }, _) => None,
        (Looked::Failed { url, code, message }, _) => {
            let parts = [code.as_deref(), message.as_deref()];
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            let cause = match parts.as_slice() {
                [] => String::new(),
                parts => format!(": {}", parts.join(": ")),
            };
            let why =
                format!("the test event is in the error output of Firehose stream {name}{cause}");
            let hint = format!(
                "run `catchment replay {flags} --explain {url}`, which says what would help"
            );
            failed(fault(Hop::Transformer, why, hint))
        }
        _ if status != "ACTIVE" => {
            let why = format!("Firehose stream {name} is {status}");
            let hint = format!(
                "run `aws firehose describe-delivery-stream {flags} --delivery-stream-name {name}`, delete it if it failed, and {DEPLOY}"
            );
            failed(fault(Hop::Firehose, why, hint))
        }
        (_, Target::Other(what)) => unproven(fault(
            Hop::Firehose,
            format!("Firehose stream {name} delivers to {what}, where verify does not look"),
            "search there for catchment-verify",
        )),
        (Looked::No, _) => None,
        (Looked::NoBucket, Target::Bucket(BucketTarget { bucket, .. })) => {
            let why = format!(
                "bucket {bucket}, to which Firehose stream {name} delivers, does not exist"
            );
            failed(fault(Hop::Bucket, why, DEPLOY))
        }
        (Looked::Unread { why }, Target::Bucket(BucketTarget { bucket, .. })) => unknown(fault(
            Hop::Bucket,
            format!("bucket {bucket} could not be read: {why}"),
            "`catchment policies --bucket BUCKET` prints what `verify --destination` needs",
        )),
        (
            Looked::Missing { .. },
            Target::Bucket(BucketTarget {
                is_columnar: true,
                bucket,
                ..
            }),
        ) => unproven(fault(
            Hop::Bucket,
            format!(
                "Firehose stream {name} writes Parquet or ORC to bucket {bucket}, in which verify cannot find its event"
            ),
            "it is in the Kinesis stream and not in the error output; to see it, query the table for catchment-verify",
        )),
        (Looked::Missing { seconds }, Target::Bucket(BucketTarget { bucket, .. })) => {
            let why = format!(
                "Firehose stream {name} is ACTIVE, and the test event was neither in bucket {bucket} nor in the error output after {seconds} s"
            );
            let hint = match log_group {
                Some(group) => {
                    format!("its log says why: run `aws logs tail {group} --since 1h {flags}`")
                }
                None => format!(
                    "let it write a log, and see that its role may read the stream and call the transformer; or {DEPLOY}"
                ),
            };
            failed(fault(Hop::Firehose, why, hint))
        }
    }
}
