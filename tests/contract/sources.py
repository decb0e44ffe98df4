"""Which source a message is of: as configured, else by AWS's own names, else by unmistakable content."""

import re

import strict

ACCOUNT = r"[0-9]{12}"
HEX = r"[0-9A-Fa-f]+"
# Names that AWS itself gives: the log streams of network interfaces by traffic type, the log groups of telemetry rules, the log
# streams of trails (an organization's begin with its id), the log groups that the console, Control Tower and CloudTrail itself
# make, and EventBridge's targets.
FLOW_LOG_STREAM = re.compile(rf"eni-{HEX}-(?:all|accept|reject)")
TRAIL_STREAM = re.compile(rf"(?:o-[^_]*_)?{ACCOUNT}_CloudTrail_.*", re.DOTALL)
FLOW_LOG_GROUP = re.compile(rf"/aws/vpc/vpc-{HEX}")
TRAIL_GROUP = re.compile(r"(?:aws-cloudtrail-logs-|aws/cloudtrail/).*|aws-controltower/CloudTrailLogs", re.DOTALL)
FINDINGS_GROUP = re.compile(r"/aws/events/.*guardduty.*", re.DOTALL)
# A line of the default format, version 2: fourteen fields, the last the log status.
FLOW_LOG = re.compile(rf"2 (?:{ACCOUNT}|unknown) eni-{HEX}(?: [^ ]*){{10}} (?:OK|NODATA|SKIPDATA)\s*")
TRAIL = ("eventVersion", "eventSource", "eventName", "awsRegion")
# What `parseVPC` makes of such a line.
PARSED_FLOW_LOG = ("version", "accountId", "interfaceId", "logStatus")
QUERY = ("query_timestamp", "query_name", "query_type", "vpc_id")


def source_of(message, configured):
    """The source of one message: all its events have the same. What is redacted of it may be what tells it."""
    if message.told:
        return message.told
    group, stream, first = (strict.replaced(strict.unescaped(text)) for text in (message.group, message.stream, message.events[0].message))
    return by_setting(group, configured) or by_name(group, stream) or by_content(first)


def by_setting(group, configured):
    """A source may stand for itself, or in an object with the format of flow logs."""
    setting = setting_of(group, configured)
    return setting["source"] if isinstance(setting, dict) else setting


def setting_of(group, configured):
    """The name itself, else the longest beginning that has a `*` behind it."""
    if group in configured:
        return configured[group]
    beginnings = [name for name in configured if name.endswith("*") and group.startswith(name[:-1])]
    return configured[max(beginnings, key=len)] if beginnings else None


def by_name(group, stream):
    if FLOW_LOG_STREAM.fullmatch(stream) or FLOW_LOG_GROUP.fullmatch(group):
        return "vpc-flow-logs"
    if TRAIL_STREAM.fullmatch(stream) or TRAIL_GROUP.fullmatch(group):
        return "cloudtrail"
    return "guardduty" if FINDINGS_GROUP.fullmatch(group) else None


def by_content(message):
    if FLOW_LOG.fullmatch(message):
        return "vpc-flow-logs"
    try:
        found = strict.value(message)
    except strict.NotJson:
        return "other"
    if found.kind == "object":
        known = {strict.unescaped(key): item for key, item in found.items}
        text = {key: strict.unescaped(item.text) for key, item in known.items() if item.kind == "string"}
        if all(name in known for name in PARSED_FLOW_LOG):
            return "vpc-flow-logs"
        if text.get("source") == "aws.guardduty" and text.get("detail-type") == "GuardDuty Finding":
            return "guardduty"
        if all(name in known for name in TRAIL):
            return "cloudtrail"
        if all(name in known for name in QUERY):
            return "route53-resolver-query-logs"
    return "other"
