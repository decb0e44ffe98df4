//! Which of several causes it was that AWS answers alike: a look at the things around the one that failed.

use super::ApplyError;
use crate::aws::observe::{iam, kinesis};
use crate::aws::{CallError, Connection};
use crate::provision::name::Arn;
use crate::provision::observed::StreamStatus;
use crate::provision::plan::DestinationEnds;
use crate::provision::resource::Encryption;

/// Why CloudWatch Logs could not deliver its test message, after all the time that a new role may take.
pub(super) async fn undelivered(
    connection: &Connection,
    ends: &DestinationEnds,
    source: CallError,
) -> ApplyError {
    let stream = stream(connection, &ends.target).await;
    let role = match ends.role.resource_name().parse() {
        Ok(name) => iam::found(connection, &name)
            .await
            .ok()
            .map(|found| found.is_some()),
        Err(_) => None,
    };
    let (cause, hint) = cause(ends, &stream, role);
    ApplyError::Diagnosed {
        cause,
        hint,
        source,
    }
}

/// A filter was refused although this very run has the logging account's destination policy name the member.
pub(super) fn not_allowed(destination: &Arn, source: CallError) -> ApplyError {
    ApplyError::Diagnosed {
        cause: format!(
            "the destination policy names this account, but the caller may not use logs:PutSubscriptionFilter on {destination}"
        ),
        hint: "allow it for this profile's user or role; `catchment policies` prints the whole policy that an operator needs".into(),
        source,
    }
}

/// The stream that a destination delivers to, as far as it can be seen from here.
enum Seen {
    Unknown,
    Absent,
    Busy(String),
    Active(Encryption),
}

async fn stream(connection: &Connection, arn: &Arn) -> Seen {
    let is_here = arn.region().as_ref() == Some(&connection.caller.region)
        && arn.account().as_ref() == Some(&connection.caller.account);
    let (true, Ok(name)) = (is_here, arn.resource_name().parse()) else {
        return Seen::Unknown;
    };
    match kinesis::summary(connection, &name).await {
        Err(_) => Seen::Unknown,
        Ok(None) => Seen::Absent,
        Ok(Some(now)) if kinesis::status(&now) == Some(StreamStatus::Active) => {
            kinesis::encryption(&now).map_or(Seen::Unknown, Seen::Active)
        }
        Ok(Some(now)) => Seen::Busy(now.stream_status().as_str().to_owned()),
    }
}

/// The cause and what to do next; `role` says whether it is there, where that is known.
fn cause(ends: &DestinationEnds, stream: &Seen, role: Option<bool>) -> (String, String) {
    let DestinationEnds { target, role: arn } = ends;
    let again = "then run the same command again";
    match (stream, role) {
        (Seen::Absent, _) => (
            format!("{target} does not exist"),
            "run the same command again: it makes the stream first".to_owned(),
        ),
        (Seen::Busy(status), _) => (
            format!("{target} is {status}, not ACTIVE"),
            format!("wait until it is ACTIVE, {again}"),
        ),
        (_, Some(false)) => (
            format!("{arn} does not exist"),
            "run the same command again: it makes the role first".to_owned(),
        ),
        (Seen::Active(Encryption::Customer(key)), _) => (
            format!("{target} is encrypted with {key}, and {arn} may not use it"),
            format!("let the key's policy allow kms:GenerateDataKey to the role, {again}"),
        ),
        (Seen::Active(Encryption::None | Encryption::AwsManaged), Some(true)) => (
            format!(
                "{target} is ACTIVE and {arn} is there, so something overrules what the role is allowed"
            ),
            format!(
                "look for a permissions boundary, a service control policy or another's statement that denies it sts:AssumeRole or kinesis:PutRecord, {again}"
            ),
        ),
        (Seen::Unknown, _) | (Seen::Active(_), None) => (
            format!("CloudWatch Logs cannot put records on {target} through {arn}"),
            format!(
                "see that the stream is ACTIVE and that the role may be assumed by logs.amazonaws.com and may use kinesis:PutRecord on it, {again}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_from_the_others() {
        let ends = DestinationEnds {
            target: "arn:aws:kinesis:us-west-2:999988887777:stream/s"
                .parse()
                .unwrap(),
            role: "arn:aws:iam::999988887777:role/r".parse().unwrap(),
        };
        let key = "arn:aws:kms:us-west-2:999988887777:key/k".parse().unwrap();
        let rows = [
            (
                Seen::Absent,
                Some(true),
                "stream/s does not exist",
                "makes the stream",
            ),
            (
                Seen::Busy("UPDATING".into()),
                Some(true),
                "stream/s is UPDATING",
                "wait",
            ),
            (
                Seen::Active(Encryption::None),
                Some(false),
                "role/r does not exist",
                "makes the role",
            ),
            (
                Seen::Active(Encryption::Customer(key)),
                Some(true),
                "encrypted with arn:aws:kms",
                "kms:GenerateDataKey",
            ),
            (
                Seen::Active(Encryption::AwsManaged),
                Some(true),
                "overrules",
                "service control policy",
            ),
            (
                Seen::Active(Encryption::None),
                None,
                "cannot put records",
                "kinesis:PutRecord",
            ),
            (
                Seen::Unknown,
                Some(true),
                "cannot put records",
                "kinesis:PutRecord",
            ),
        ];
        for (stream, role, told, next) in rows {
            let (cause, hint) = cause(&ends, &stream, role);
            assert!(cause.contains(told), "{cause} lacks {told}");
            assert!(hint.contains(next), "{hint} lacks {next}");
        }
    }
}
