//! VPC Flow Logs: how they are recognised, and the fields of their lines.

mod fields;
mod format;

pub(crate) use fields::{FIELDS, Field, Kind, native_name};
pub use format::FlowLogFormat;

use super::content::Content;
use super::{Profile, is_account};

pub(super) const PROFILE: Profile = Profile {
    by_name: |group, stream| is_interface(stream) || is_of_rule(group),
    by_content: |content| is_default_format(content.text()) || is_parsed(content),
    objects: None,
};

/// Whether the log group bears the name that telemetry enablement rules give it: `/aws/vpc/VPC-ID`
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/telemetry-config-rules.html>).
fn is_of_rule(group: &str) -> bool {
    group.strip_prefix("/aws/vpc/vpc-").is_some_and(is_hex)
}

/// Whether the log stream bears the name that AWS gives it: `eni-HEX-all`, `-accept` or `-reject`.
fn is_interface(stream: &str) -> bool {
    stream
        .strip_prefix("eni-")
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(id, traffic)| is_hex(id) && matches!(traffic, "all" | "accept" | "reject"))
}

/// Whether the text is a line of the default format, version 2: fourteen fields that end in a log status.
fn is_default_format(text: &str) -> bool {
    let fields: Vec<&str> = text.trim_end().split(' ').take(15).collect();
    let [version, account, interface, .., status] = fields[..] else {
        return false;
    };
    fields.len() == 14
        && version == "2"
        && (is_account(account) || account == "unknown")
        && interface.strip_prefix("eni-").is_some_and(is_hex)
        && matches!(status, "OK" | "NODATA" | "SKIPDATA")
}

/// Whether the text is what `parseVPC`, a processor of CloudWatch Logs, makes of such a line.
fn is_parsed(content: &Content<'_>) -> bool {
    let [version, account, interface, .., status] = MEMBERS;
    [version, account, interface, status]
        .iter()
        .all(|name| content.field(name).is_some())
}

/// What `parseVPC` calls the fields of a line of the default format, in their order. It knows no other format
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-BuiltIn.html>).
pub(crate) const MEMBERS: [&str; 14] = [
    "version",
    "accountId",
    "interfaceId",
    "srcAddr",
    "dstAddr",
    "srcPort",
    "dstPort",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "logStatus",
];

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
