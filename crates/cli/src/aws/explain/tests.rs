//! Every row of the table of refusals.

use super::*;

const PUT_FILTER: &str = "logs:PutSubscriptionFilter";
const PUT_DESTINATION: &str = "logs:PutDestination";
const NEVER: Option<u64> = None;

/// Each row: action, code, message; then what the cause and the hint must contain, and the seconds to retry.
#[test]
fn every_known_refusal_has_its_cause_and_next_step() {
    let rows = [
        (
            PUT_DESTINATION,
            "InvalidParameterException",
            "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.",
            "test message",
            "catchment status --logging",
            Some(120),
        ),
        (
            PUT_FILTER,
            "InvalidParameterException",
            "Could not deliver test message to specified destination. Check if the destination is valid.",
            "test message",
            "logging account run",
            Some(300),
        ),
        (
            PUT_FILTER,
            "InvalidParameterException",
            "Role ARN is required when creating subscription filter against destination with Organization access policy",
            "names an organization",
            "destination policy that names this account",
            NEVER,
        ),
        (
            PUT_FILTER,
            "InvalidParameterException",
            "Invalid subscription filter pattern",
            "does not understand the filter pattern",
            "correct `pattern`",
            NEVER,
        ),
        (
            PUT_FILTER,
            "InvalidParameterException",
            "Invalid character(s) in term '?'",
            "does not understand the filter pattern",
            "correct `pattern`",
            NEVER,
        ),
        (
            PUT_DESTINATION,
            "ValidationException",
            "Make sure you have given CloudWatch Logs permission to assume the provided role.",
            "cannot assume the role",
            "trust policy",
            Some(120),
        ),
        (
            PUT_FILTER,
            "AccessDeniedException",
            "User with accountId: 111122223333 is not authorized to perform: logs:PutSubscriptionFilter on resource: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest",
            "does not name account 111122223333",
            "catchment apply --logging",
            NEVER,
        ),
        (
            PUT_FILTER,
            "AccessDeniedException",
            "User: arn:aws:iam::111122223333:user/op is not authorized to perform: logs:PutSubscriptionFilter on resource: arn:aws:logs:us-west-2:999988887777:destination:kinesisDest because no identity-based policy allows it",
            "the caller may not use logs:PutSubscriptionFilter on arn:aws:logs:us-west-2:999988887777:destination:kinesisDest",
            "catchment policies",
            NEVER,
        ),
        (
            "iam:CreateRole",
            "AccessDenied",
            "User: arn:aws:iam::999988887777:user/op is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::999988887777:role/cwrole",
            "may not use iam:CreateRole on arn:aws:iam::999988887777:role/cwrole",
            "have iam:CreateRole allowed",
            NEVER,
        ),
        (
            "kinesis:CreateStream",
            "AccessDeniedException",
            "no",
            "may not use kinesis:CreateStream",
            "catchment policies",
            NEVER,
        ),
        (
            "logs:PutDestinationPolicy",
            "InvalidParameterException",
            "Principal section of policy contains ARN instead of account ID",
            "bare twelve-digit",
            "account id",
            NEVER,
        ),
        (
            PUT_FILTER,
            "LimitExceededException",
            "Resource limit exceeded.",
            "as many subscription filters",
            "remove a filter",
            NEVER,
        ),
        (
            "kinesis:CreateStream",
            "LimitExceededException",
            "This request would exceed the shard limit",
            "limit of shards",
            "logging.stream.shards",
            NEVER,
        ),
        (
            PUT_FILTER,
            "OperationAbortedException",
            "A conflicting operation is currently in progress against this resource. Please try again.",
            "same moment",
            "nobody else",
            Some(60),
        ),
        (
            PUT_FILTER,
            "ThrottlingException",
            "Rate exceeded",
            "throttling",
            "run the same command again",
            NEVER,
        ),
        (
            "kinesis:DescribeStreamSummary",
            "LimitExceededException",
            "Rate exceeded for account 999988887777.",
            "throttling",
            "run the same command again",
            NEVER,
        ),
        (
            "iam:GetRole",
            "Throttling",
            "Rate exceeded",
            "throttling",
            "run the same command again",
            NEVER,
        ),
        (
            PUT_FILTER,
            "InvalidParameterException",
            "Log groups starting with AWS/ are reserved for AWS.",
            "reserves",
            "out of the fleet file",
            NEVER,
        ),
        (
            PUT_FILTER,
            "ResourceNotFoundException",
            "The specified log group does not exist.",
            "does not exist",
            "correct its name",
            NEVER,
        ),
        (
            "sts:GetCallerIdentity",
            "ExpiredToken",
            "The security token included in the request is expired",
            "has expired",
            "aws sso login",
            NEVER,
        ),
        (
            "sts:GetCallerIdentity",
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            "does not know these credentials",
            "aws sts get-caller-identity",
            NEVER,
        ),
        (
            "logs:PutDestination",
            "ServiceUnavailableException",
            "The service cannot complete the request.",
            "failed again",
            "later",
            NEVER,
        ),
        (
            "logs:PutDestination",
            "BrandNewException",
            "?",
            "does not know",
            "BrandNewException",
            NEVER,
        ),
    ];
    for (action, code, message, cause, hint, seconds) in rows {
        let explanation = explain(Refusal {
            action,
            code,
            message,
        });
        assert!(
            explanation.cause.contains(cause),
            "{code} {message}: cause {:?} lacks {cause:?}",
            explanation.cause
        );
        assert!(
            explanation.hint.contains(hint),
            "{code} {message}: hint {:?} lacks {hint:?}",
            explanation.hint
        );
        let retry = seconds.map_or(Retry::Never, |seconds| {
            Retry::For(Duration::from_secs(seconds))
        });
        assert_eq!(explanation.retry, retry, "{code} {message}");
    }
}
