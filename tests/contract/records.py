"""Messages whose fields the tables of the schemas name: flow logs of a custom format, CloudTrail's records and GuardDuty's findings."""

import copy
import functools
import json
import re

import page

SCHEMAS = ("ecs", "ocsf-1.1", "ocsf-1.5")
CUSTOM_GROUP = "flow-custom"
PATH = re.compile(r"`([a-zA-Z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*)`")
TIMES = ("2023-09-30T17:15:22.5+02:00", "2016-12-31T23:59:60Z", "2023-02-29T00:00:00Z", "1969-12-31T23:59:59.9999Z", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-01:00")
ADDRESSES = ("255.255.255.255", "::", "::ffff:192.0.2.1", "2001:DB8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::")
NO_ADDRESSES = ("10.0.0.256", "10.0.0", "010.0.0.1", "10.0.0.1/8", "fe80::1%eth0", "1::2::3", "12345::", "[::1]", "1:2:3:4:5:6:7:8:9")
TEXTS = ("alice", "AWS Internal", "ec2.amazonaws.com", "10.0.0.1", "2001:db8::1", *ADDRESSES, *NO_ADDRESSES, "2023-09-30T15:15:22Z", *TIMES, "Failure", "ACCEPT", "", 'é "\\ /', "x.y", "123")
PARTS_OF_TAGS = ("a", "é", "-", "+", "\\", '"', "%41", "%20", "%25", "%2D", "%00", "%22", "%5c", "%C3%A9", "%C3", "%A9", "%f0%9F%98%80", "%ED%A0%80", "%", "%2", "%G0", "%+1")
RARE_NUMBERS = ("999999999999999999", "9223372036854775807", "253402300799", "253402300800", "2147483648", "65536", "1234567890123456", "12345678901234567", "00", "-1", "1e3")
OTHERS = (0, 1, 443, 65_536, -1, -0.0, 1.5, 1e300, 10**17, 10**18 - 1, 10**18, -(10**18), True, False, None, [], {}, {"a": [1, {"b": ""}]}, ["x", "y"], [{"arn": "a", "type": "b", "uid": "c", "severity": 5}])


def custom_format():
    """All fields, in an order of no meaning."""
    return sorted(page.flow_log_fields(), key=lambda name: name[::-1])


def custom_line(random):
    """A line of `custom_format`, or nearly one."""
    known = page.flow_log_fields()
    words = [flow_word(random, name, known[name][1]) for name in custom_format()]
    if random.random() < 0.05:
        words.pop()
    return " ".join(words)


def flow_word(random, name, kind):
    if random.random() < 0.3:
        return "-"
    if kind.startswith("integer"):
        choices = {"protocol": (6, 17, 1, 58, 47, 999), "traffic-path": range(1, 10), "srcport": (0, 22, 65_535), "dstport": (443, 65_535)}
        if random.random() < 0.05:
            return random.choice(RARE_NUMBERS)
        return str(random.choice(choices.get(name, (0, 1, 2, 19, 840, 1_790_000_000))))
    if "percent" in kind:
        if random.random() < 0.2:
            return "".join(random.choices(PARTS_OF_TAGS, k=random.randrange(1, 6)))
        return random.choice(("plain", "a%20b", "%C3%A9", "%2525", "%00%0a%7F"))
    if "addr" in name:
        return random.choice(("10.0.0.1", "10.0.0.2", "2001:db8::1", "no-address", *(ADDRESSES + NO_ADDRESSES if random.random() < 0.2 else ())))
    choices = {"action": ("ACCEPT", "REJECT"), "type": ("IPv4", "IPv6", "EFA"), "flow-direction": ("ingress", "egress"), "log-status": ("OK", "NODATA", "SKIPDATA")}
    return random.choice(choices.get(name, (f"{name}-1", "é", 'q"\\')))


@functools.cache
def paths(source):
    """All fields that a table names."""
    found = set()
    for schema in SCHEMAS:
        for layout in page.layouts(schema, source):
            for row in layout.rows:
                if "[]" not in row.place and not row.text.startswith("always"):
                    found.update(PATH.findall(row.text))
    return sorted(found)


def record(random, source, base):
    """`base`, with some of those fields, of any type."""
    record = dict(base)
    prefixes = ("detail.",) if source == "guardduty" else tuple(f"{name}." for name in ("userIdentity", "tlsDetails", "requestParameters", "responseElements"))
    those = [path for path in paths(source) if path.startswith(prefixes) or (source == "cloudtrail" and path[:1].islower() and "." not in path and path not in base)]
    for path in random.sample(those, k=random.randrange(12)):
        at, names = record, path.split(".")
        for name, following in zip(names[:-1], names[1:]):
            inner = [{}] if following.isdigit() else {}
            at = at[0] if isinstance(at, list) else at.setdefault(name, inner) if isinstance(at, dict) else None
            if not isinstance(at, (dict, list)) or not at and isinstance(at, list):
                break
        else:
            if isinstance(at, dict) and not names[-1].isdigit():
                # A copy: further fields may be put into it.
                at[names[-1]] = copy.deepcopy(random.choice(TEXTS if random.random() < 0.75 else OTHERS))
    return record
