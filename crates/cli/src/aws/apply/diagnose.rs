//! Finds the real cause when AWS returns one error for several, by a look at what the failed call depends on.

use super::ApplyError;
use crate::aws::observe::{role, stream};
use crate::aws::{CallError, Connection};
use crate::provision::name::Arn;
use crate::provision::observed::StreamStatus;
use crate::provision::resource::{DestinationEnds, Encryption};

/// Says why CloudWatch Logs still cannot deliver its test message, after all the time that a new role may take.
pub(super) async fn undelivered(
    connection: &Connection,
    ends: &DestinationEnds,
    source: CallError,
) -> ApplyError {
    let stream = seen(connection, &ends.target).await;
    let role = match ends.role.resource_name().parse() {
        Ok(name) => role::found(connection, &name)
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

/// Says why a filter is refused although this run has the destination policy name the member.
pub(super) fn not_allowed(destination: &Arn, source: CallError) -> ApplyError {
    ApplyError::Diagnosed {
        cause: format!(
            "the destination policy names this account, but the caller may not use logs:PutSubscriptionFilter on {destination}"
        ),
        hint: "allow it for this profile's user or role; `catchment policies` prints the whole policy that an operator needs".into(),
        source,
    }
}

/// What can be seen from here of the stream that a destination delivers to.
enum Seen {
    Unknown,
    Absent,
    Busy(String),
    Active(Encryption),
}

async fn seen(connection: &Connection, arn: &Arn) -> Seen {
    let is_here = arn.region().as_ref() == Some(&connection.caller.region)
        && arn.account().as_ref() == Some(&connection.caller.account);
    let (true, Ok(name)) = (is_here, arn.resource_name().parse()) else {
        return Seen::Unknown;
    };
    match stream::summary(connection, &name).await {
        Err(_) => Seen::Unknown,
        Ok(None) => Seen::Absent,
        Ok(Some(now)) if stream::status(&now) == Some(StreamStatus::Active) => {
            stream::encryption(&now).map_or(Seen::Unknown, Seen::Active)
        }
        Ok(Some(now)) => Seen::Busy(now.stream_status().as_str().to_owned()),
    }
}

/// Returns the cause and what to do next. `role` says whether the role exists, if that is known.
fn cause(ends: &DestinationEnds, stream: &Seen, role: Option<bool>) -> (String, String) {
    let DestinationEnds { target, role: arn } = ends;
    let again = "then run the same command again";
    match (stream, role) {
        (Seen::Absent, _) => (
            format!("{target} does not exist"),
            "run the same command again: it creates the stream first".to_owned(),
        ),
        (Seen::Busy(status), _) => (
            format!("{target} is {status}, not ACTIVE"),
            format!("wait until it is ACTIVE, {again}"),
        ),
        (_, Some(false)) => (
            format!("{arn} does not exist"),
            "run the same command again: it creates the role first".to_owned(),
        ),
        (Seen::Active(Encryption::Customer(key)), _) => (
            format!("{target} is encrypted with {key}, and {arn} may not use it"),
            format!("let the key's policy allow kms:GenerateDataKey to the role, {again}"),
        ),
        (Seen::Active(Encryption::None | Encryption::AwsManaged), Some(true)) => (
            format!(
                "{target} is ACTIVE and {arn} exists, so something else overrules what the role is allowed"
            ),
            format!(
                "look for a permissions boundary, a service control policy or another statement that denies it sts:AssumeRole or kinesis:PutRecord, {again}"
            ),
        ),
        (Seen::Unknown, _) | (Seen::Active(_), None) => (
            format!("CloudWatch Logs cannot put records on {target} through {arn}"),
            format!(
                "check that the stream is ACTIVE, and that logs.amazonaws.com may assume the role and the role may use kinesis:PutRecord on it, {again}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_gets_its_own_message_and_hint() {
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
                "creates the stream",
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
                "creates the role",
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
        for (stream, role, message, next) in rows {
            let (cause, hint) = cause(&ends, &stream, role);
            assert!(cause.contains(message), "{cause} lacks {message}");
            assert!(hint.contains(next), "{hint} lacks {next}");
        }
    }
}
