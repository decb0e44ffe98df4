//! The words that name nobody: AWS's own, and those that tell what a value is.

/// Whether the word, in lower case, stays where a name is expected.
pub(super) fn contains(word: &str) -> bool {
    let mut chars = word.chars();
    let is_short = match (chars.next(), chars.next(), chars.next()) {
        (_, None, _) => true,
        // such as 1a of us-east-1a
        (Some(first), Some(_), None) => first.is_numeric(),
        _ => false,
    };
    is_short || word.bytes().all(|byte| byte.is_ascii_digit()) || WORDS.binary_search(&word).is_ok()
}

/// Whether what follows this word and a hyphen is the id of a resource, such as `eni-0123456789abcdef0`.
pub(super) fn is_kind_of_resource(word: &str) -> bool {
    RESOURCES.binary_search(&word).is_ok()
}

/// Whether the value of a member with this name is one of a few that AWS or a protocol fixes, such as `eventName` or `ipProtocol`.
pub(super) fn is_fixed(key: &str) -> bool {
    let last = key
        .char_indices()
        .rfind(|(_, char)| char.is_ascii_uppercase() || !char.is_alphanumeric());
    let last = last.map_or(key, |(at, _)| &key[at..]);
    let last = last
        .trim_matches(|char: char| !char.is_alphanumeric())
        .to_ascii_lowercase();
    FIXED.binary_search(&key).is_ok() || FIXED_ENDS.binary_search(&last.as_str()).is_ok()
}

/// Whether the value of a member with this name is prose.
pub(super) fn is_prose(key: &str) -> bool {
    PROSE.binary_search(&key).is_ok()
}

/// Whether a word before `=` or `:` says that a name follows.
pub(super) fn announces_a_name(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ANNOUNCE.iter().any(|end| word.ends_with(end))
}

#[rustfmt::skip]
const ANNOUNCE: &[&str] = &[
    "account", "author", "bucket", "cluster", "database", "db", "email", "from", "function", "group", "host",
    "hostname", "instance", "key", "login", "name", "node", "owner", "password", "pod", "policy", "principal", "role",
    "secret", "server", "session", "stream", "table", "tenant", "to", "token", "user",
];

/// Sorted.
#[rustfmt::skip]
const FIXED: &[&str] = &[
    "awsRegion", "detail-type", "errorCode", "eventName", "eventSource", "invokedBy", "rcode", "region", "source",
    "tlsVersion", "transport",
];

/// The last words of names of members, sorted.
#[rustfmt::skip]
const FIXED_ENDS: &[&str] = &[
    "action", "algorithm", "architecture", "category", "class", "classification", "code", "country", "date", "day",
    "direction", "effect", "encoding", "encryption", "format", "kind", "language", "level", "method", "mode",
    "operation", "outcome", "platform", "protocol", "reason", "result", "schema", "scheme", "service", "severity",
    "state", "status", "suite", "tenancy", "time", "timestamp", "type", "unit", "version",
];

/// Sorted.
#[rustfmt::skip]
const PROSE: &[&str] = &[
    "description", "errorMessage", "log", "message", "msg", "reason", "text", "title", "userAgent",
];

/// Sorted.
#[rustfmt::skip]
const RESOURCES: &[&str] = &[
    "acl", "aki", "ami", "ari", "cgw", "dopt", "eigw", "eipalloc", "eipassoc", "eni", "fl", "fs", "fsmt", "i", "igw",
    "lgw", "lt", "nat", "pcx", "pl", "r", "rtb", "rtbassoc", "sg", "sgr", "snap", "subnet", "tgw", "vgw", "vol", "vpc",
    "vpce", "vpn",
];

/// Sorted.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "accept", "account", "af", "alias", "all", "amazon", "amazonaws", "anonymous", "ap", "api", "arn", "assumed", "aws",
    "awsserviceroles", "bucket", "ca", "central", "cloudtrail", "cloudwatch", "cloudwatchlogs", "cn", "com", "compute",
    "db", "default", "dev", "east", "ec2", "ecs", "eks", "elb", "eni", "eu", "event", "events", "false", "federated",
    "firehose", "flow", "flowlog", "flowlogs", "function", "gov", "group", "guardduty", "host", "http", "https", "iam",
    "il", "instance", "internal", "ip", "iso", "key", "kinesis", "kms", "lambda", "localhost", "log", "logs", "me",
    "mx", "na", "name", "net", "nodata", "north", "northeast", "northwest", "null", "ok", "or", "org", "owner",
    "policy", "private", "public", "queue", "rds", "reject", "role", "root", "route53", "s3", "sa", "secret", "service",
    "session", "skipdata", "sns", "south", "southeast", "southwest", "sqs", "ssm", "stream", "sts", "subnet", "table",
    "tag", "test", "topic", "trail", "true", "unknown", "us", "user", "volume", "vpc", "west",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [FIXED, FIXED_ENDS, PROSE, RESOURCES, WORDS] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

    #[test]
    fn the_last_word_of_a_key_counts() {
        for key in [
            "eventType",
            "type",
            "ip_protocol",
            "eventName",
            "Effect",
            "event-type",
            "creationDate",
        ] {
            assert!(is_fixed(key), "{key}");
        }
        for key in [
            "userName",
            "subtypes",
            "bucketName",
            "arn",
            "",
            "principalId",
        ] {
            assert!(!is_fixed(key), "{key}");
        }
    }
}
