//! What an AWS error really means: its cause, what to do next, and for how long to retry.

use std::time::Duration;

/// A refused call: its IAM action, such as `logs:PutDestination`, and the service's error code and message.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    pub action: &'a str,
    pub code: &'a str,
    pub message: &'a str,
}

/// The real cause of a refusal, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub cause: String,
    pub hint: String,
    /// How long to retry the same call. The SDK has already retried transient errors.
    pub retry: Retry,
    pub spread: Spread,
}

/// Whether the same call may succeed later on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No: someone has to change something first.
    Never,
    /// Yes: a new resource or policy has not reached every part of AWS yet. Retry with backoff for this long.
    For(Duration),
}

/// Whether the same call most likely fails for other members too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// No: the cause is in this account, or on this resource.
    Narrow,
    /// Yes: the cause is in what they share, such as the `logs::Destination` or the network.
    Wide,
}

/// A new role or policy reaches CloudWatch Logs within seconds. After this time it is wrong, not late.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
const DESTINATION_PATIENCE: Duration = Duration::from_secs(2 * 60);

/// A filter needs the destination and its role, which propagate one after the other.
const FILTER_PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Another writer of the same log group is done within seconds.
const CONFLICT_PATIENCE: Duration = Duration::from_secs(60);

/// Explains a refusal. Codes and messages are those that the services return; the SDK does not model all of them.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html>
pub fn explain(refusal: Refusal<'_>) -> Explanation {
    ROWS.iter()
        .find(|row| row.matches(refusal))
        .map_or_else(|| unknown(refusal), |row| (row.explain)(refusal))
}

struct Row {
    /// Any of these codes, or any at all if empty. Without the ending `Exception`, which not every service writes.
    codes: &'static [&'static str],
    /// The message contains each of these, ignoring case.
    message: &'static [&'static str],
    explain: fn(Refusal<'_>) -> Explanation,
}

impl Row {
    fn matches(&self, refusal: Refusal<'_>) -> bool {
        let code = refusal
            .code
            .strip_suffix("Exception")
            .unwrap_or(refusal.code);
        let message = refusal.message.to_lowercase();
        (self.codes.is_empty() || self.codes.contains(&code))
            && self.message.iter().all(|part| message.contains(part))
    }
}

/// The first row that matches applies.
const ROWS: &[Row] = &[
    Row {
        codes: &["InvalidParameter"],
        message: &["could not deliver test message"],
        explain: undelivered,
    },
    Row {
        codes: &["InvalidParameter"],
        message: &["role arn is required", "organization"],
        explain: |_| {
            permanent(
                "the destination policy names an organization, and AWS then accepts only filters that have a role",
                "ask the logging account for a destination policy that names this account, or give the filter a role in this account with logs:PutLogEvents on the log group",
            )
        },
    },
    Row {
        codes: &["InvalidParameter"],
        message: &["principal section of policy contains arn"],
        explain: |_| {
            permanent(
                "a destination policy takes bare twelve-digit account ids, not ARNs",
                "replace each ARN in the policy's Principal with its account id",
            )
        },
    },
    Row {
        codes: &["InvalidParameter"],
        message: &["log groups starting with aws/ are reserved"],
        explain: |_| {
            permanent(
                "AWS reserves log groups whose name begins with aws/",
                "take this log group out of the fleet file",
            )
        },
    },
    Row {
        codes: &["InvalidParameter"],
        message: &["filter pattern"],
        explain: wrong_pattern,
    },
    Row {
        codes: &["InvalidParameter"],
        message: &["character(s) in term"],
        explain: wrong_pattern,
    },
    Row {
        codes: &["Validation", "InvalidParameter"],
        message: &["permission to assume the provided role"],
        explain: |refusal| {
            Explanation {
                cause: "CloudWatch Logs cannot assume the role: it is new and not yet known everywhere in AWS, or its trust policy does not name logs.amazonaws.com with this account".into(),
                hint: "run the same command again in a minute; if it stays, compare the role's trust policy with what `catchment policies` prints".into(),
                retry: Retry::For(patience(refusal.action)),
                spread: Spread::Wide,
            }
        },
    },
    Row {
        codes: &["AccessDenied"],
        message: &["logs:putsubscriptionfilter", ":destination:"],
        explain: destination_refused,
    },
    Row {
        codes: &[
            "AccessDenied",
            "AuthorizationError",
            "UnauthorizedOperation",
        ],
        message: &[],
        explain: |refusal| {
            let action = denied_action(refusal.message).unwrap_or(refusal.action);
            let resource = denied_resource(refusal.message)
                .map(|resource| format!(" on {resource}"))
                .unwrap_or_default();
            permanent(
                format!("the caller may not use {action}{resource}"),
                format!(
                    "have {action} allowed for this profile's user or role; `catchment policies` prints the whole policy that an operator needs"
                ),
            )
        },
    },
    Row {
        codes: &[
            "Throttling",
            "Throttled",
            "TooManyRequests",
            "RequestLimitExceeded",
        ],
        message: &[],
        explain: |_| throttled(),
    },
    // how Kinesis throttles
    Row {
        codes: &["LimitExceeded"],
        message: &["rate exceeded"],
        explain: |_| throttled(),
    },
    Row {
        codes: &["LimitExceeded"],
        message: &[],
        explain: |refusal| match refusal.action {
            "logs:PutSubscriptionFilter" => permanent(
                "the log group already has as many subscription filters as AWS allows",
                "remove a filter that is no longer needed from this log group, then run the same command again",
            ),
            // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
            "logs:PutAccountPolicy" => permanent(
                "the account has an account-level subscription filter policy in this Region, and AWS takes one",
                "run `catchment plan`, which says whose it is",
            ),
            "kinesis:CreateStream" | "kinesis:UpdateShardCount" => permanent(
                "the account is at its limit of shards, or of streams being created at once, in this Region",
                "lower logging.stream.shards, or ask AWS for a higher quota in Service Quotas",
            ),
            _ => permanent(
                "the account is at one of its quotas",
                "ask AWS for a higher quota in Service Quotas, then run the same command again",
            ),
        },
    },
    Row {
        codes: &["OperationAborted", "ConcurrentModification"],
        message: &[],
        explain: |_| Explanation {
            cause: "someone else was writing the same resource at the same moment".into(),
            hint: "make sure that nobody else is changing it, then run the same command again"
                .into(),
            retry: Retry::For(CONFLICT_PATIENCE),
            spread: Spread::Narrow,
        },
    },
    Row {
        codes: &["ExpiredToken", "RequestExpired"],
        message: &[],
        explain: |_| {
            permanent(
                "the session of this profile has expired",
                "log in again (for SSO: `aws sso login --profile` with the profile's name), then run the same command again",
            )
        },
    },
    Row {
        codes: &[
            "UnrecognizedClient",
            "InvalidClientTokenId",
            "InvalidSignature",
            "SignatureDoesNotMatch",
            "AuthFailure",
        ],
        message: &[],
        explain: |_| {
            permanent(
                "AWS does not know these credentials here: a wrong key, or a Region that is not enabled for the account",
                "try `aws sts get-caller-identity` with the same profile and Region",
            )
        },
    },
    Row {
        codes: &["ResourceNotFound"],
        message: &["log group"],
        explain: |_| {
            permanent(
                "the log group does not exist in this account and Region",
                "create it, let its service write to it once, or correct its name in the fleet file",
            )
        },
    },
    Row {
        codes: &[
            "ServiceUnavailable",
            "InternalFailure",
            "InternalServerError",
            "InternalError",
            "ServiceFailure",
        ],
        message: &[],
        explain: |_| {
            wide(
                "the service failed, and failed again at each retry",
                "run the same command again later; what is done stays done",
            )
        },
    },
];

fn permanent(cause: impl Into<String>, hint: impl Into<String>) -> Explanation {
    Explanation {
        cause: cause.into(),
        hint: hint.into(),
        retry: Retry::Never,
        spread: Spread::Narrow,
    }
}

fn wide(cause: &str, hint: &str) -> Explanation {
    Explanation {
        spread: Spread::Wide,
        ..permanent(cause, hint)
    }
}

fn throttled() -> Explanation {
    wide(
        "AWS is throttling: together with other callers, the account is over its quota of calls per second",
        "run the same command again in a minute; what is done stays done",
    )
}

fn unknown(refusal: Refusal<'_>) -> Explanation {
    permanent(
        format!(
            "{} was refused for a reason that catchment does not know",
            refusal.action
        ),
        format!(
            "look up {} in the API reference of {}",
            refusal.code, refusal.action
        ),
    )
}

fn wrong_pattern(_: Refusal<'_>) -> Explanation {
    permanent(
        "AWS does not understand the filter pattern",
        "correct `pattern` of this log group in the fleet file: `aws logs test-metric-filter` tries one on sample events",
    )
}

fn is_subscribing(action: &str) -> bool {
    matches!(
        action,
        "logs:PutSubscriptionFilter" | "logs:PutAccountPolicy"
    )
}

fn patience(action: &str) -> Duration {
    if is_subscribing(action) {
        FILTER_PATIENCE
    } else {
        DESTINATION_PATIENCE
    }
}

fn undelivered(refusal: Refusal<'_>) -> Explanation {
    let hint = if is_subscribing(refusal.action) {
        "have the logging account run `catchment status --logging`, and repair what it shows with `catchment apply --logging`"
    } else {
        "run `catchment status --logging`: the stream must be ACTIVE, and the role's policy must allow kinesis:PutRecord on it and, if it is encrypted with a customer key, kms:GenerateDataKey on that"
    };
    Explanation {
        cause: "CloudWatch Logs could not put its test message into the stream: the role or its policy is wrong or has not reached every part of AWS, or the stream is not ACTIVE".into(),
        hint: hint.into(),
        retry: Retry::For(patience(refusal.action)),
        spread: Spread::Wide,
    }
}

/// A filter on another account's destination needs two permissions, and AWS often returns the same error for a lack of either.
fn destination_refused(refusal: Refusal<'_>) -> Explanation {
    let destination = denied_resource(refusal.message).unwrap_or("the logs::Destination");
    let allow = format!(
        "allow logs:PutSubscriptionFilter on the log group and on {destination} for this profile's user or role; `catchment policies` prints the whole policy"
    );
    match denied_account(refusal.message) {
        Some(account) => permanent(
            format!(
                "the destination policy of {destination} does not name account {account}; or it does, and the caller may not use logs:PutSubscriptionFilter on it"
            ),
            format!(
                "have the logging account add account = \"{account}\" to the members in its fleet file and run `catchment apply --logging`; if it is there already, {allow}"
            ),
        ),
        None => permanent(
            format!("the caller may not use logs:PutSubscriptionFilter on {destination}"),
            allow,
        ),
    }
}

/// The action in "… is not authorized to perform: logs:PutDestination on resource: …".
fn denied_action(message: &str) -> Option<&str> {
    word_after(message, "not authorized to perform: ")
}

fn denied_resource(message: &str) -> Option<&str> {
    word_after(message, "on resource: ")
}

/// The account in "User with accountId: 111122223333 is not authorized …".
fn denied_account(message: &str) -> Option<&str> {
    word_after(message, "accountId: ")
}

fn word_after<'a>(message: &'a str, lead: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(lead)?;
    let word = rest
        .split([' ', '"', '\n'])
        .next()?
        .trim_end_matches(['.', ',']);
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests;
