"""Subscription messages as trees that a fault can be put into, and their text.

A node is the text of a token, a list (an array) or an Object. Whatever could be mixed up differs from message to message.
"""

import json

import parsed
import records

HEX = "0123456789abcdef"
REGIONS = ("us-west-2", "us-east-1", "eu-central-1", "ap-southeast-4", "us-gov-west-1", "cn-north-1", "il-central-1")
LAST_MILLISECOND = 253_402_300_799_999
# A leap day, a year's two ends, midnight, and the borders of what four digits of a year can say.
EDGES = (0, 1, 999, 1000, 951_782_400_000, 951_868_799_999, 1_709_164_800_000, 1_703_980_799_999, 1_704_067_200_000,
         4_107_542_400_000, 999_999_999_999, 1_000_000_000_000, 9_999_999_999_999, 10_000_000_000_000,
         253_402_207_200_000, 253_402_300_799_998, LAST_MILLISECOND)


class Object(list):
    """Members in order, each a pair of a key's literal and a node."""

    def put(self, key, node):
        self.append([json.dumps(key), node])

    def get(self, key):
        return next(node for literal, node in self if literal == json.dumps(key))

    def set(self, key, node):
        for pair in self:
            if pair[0] == json.dumps(key):
                pair[1] = node


def text_of(node, space=lambda: ""):
    """The node as JSON, with what `space` returns between tokens."""
    if isinstance(node, str):
        return node
    if isinstance(node, Object):
        members = (f"{space()}{key}{space()}:{space()}{text_of(value, space)}{space()}" for key, value in node)
        return "{" + (",".join(members) if node else space()) + "}"
    items = (f"{space()}{text_of(item, space)}{space()}" for item in node)
    return "[" + (",".join(items) if node else space()) + "]"


def literal(random, text):
    """One of the many ways to write `text` as a JSON string."""
    style = random.random()
    if style < 0.6:
        return json.dumps(text, ensure_ascii=False)
    if style < 0.75:
        return json.dumps(text)
    pieces = []
    for character in text:
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        if random.random() < 0.1:
            escaped = json.dumps(character)[1:-1]
            plain = escaped if escaped != character else f"\\u{ord(character):04{random.choice('xX')}}"
        elif character == "/" and random.random() < 0.5:
            plain = "\\/"
        pieces.append(plain)
    return '"' + "".join(pieces) + '"'


def digits(random, count):
    return "".join(random.choices("0123456789", k=count))


def hexes(random, count):
    return "".join(random.choices(HEX, k=count))


def flow_log(random):
    """A flow log line of the default format, or what is nearly one."""
    interface = f"eni-{hexes(random, 17)}"
    address = lambda: ".".join(str(random.randrange(256)) for _ in range(4))  # noqa: E731
    begin = random.randrange(1_600_000_000, 1_900_000_000)
    fields = ["2", digits(random, 12), interface, address(), address(), str(random.randrange(65536)),
              str(random.randrange(65536)), random.choice(("6", "17", "1")), str(random.randrange(1, 400)),
              str(random.randrange(40, 400_000)), str(begin), str(begin + 60), random.choice(("ACCEPT", "REJECT")), "OK"]
    kind = random.random()
    if kind < 0.15:
        fields[3:10] = ["-"] * 7
        fields[12:] = ["-", random.choice(("NODATA", "SKIPDATA"))]
    elif kind < 0.2:
        fields.append("vpc-1")
    elif kind < 0.25:
        fields.pop(random.randrange(14))
    elif kind < 0.3:
        fields[0] = random.choice(("3", "02", "version", ""))
    elif kind < 0.35:
        fields[13] = random.choice(("ok", "NO DATA", "OK ", "OKAY", "-"))
    elif kind < 0.4:
        fields[1] = random.choice((digits(random, 11), digits(random, 13), "unknown", ""))
    elif kind < 0.45:
        fields[2] = random.choice(("eni-", "eni-xyz", "-", f"eni-{hexes(random, 8)}", "ENI-0a"))
    return " ".join(fields) + random.choice(("",) * 20 + ("\n", " ", "\t\n"))


def trail(random):
    """A CloudTrail record, or what is nearly one."""
    record = {"eventVersion": "1.09", "userIdentity": {"type": "Root", "accountId": digits(random, 12)},
              "eventTime": "2023-09-30T15:15:22Z", "eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "awsRegion": random.choice(REGIONS),
              "requestParameters": {"userName": 'a/b "c" =', "n": [1.5, None, {"": ""}]}, "responseElements": None}
    if random.random() < 0.2:
        name = random.choice(list(record))
        record.pop(name) if random.random() < 0.8 else record.update({name: None})
    if random.random() < 0.4:
        record = records.record(random, "cloudtrail", record)
    if random.random() < 0.05:
        # The values without their names.
        return json.dumps(list(record.values()))
    if random.random() < 0.2:
        items = list(record.items())
        random.shuffle(items)
        record = dict(items)
    return json.dumps(record, separators=random.choice(((",", ":"), (", ", ": "))))


def finding(random):
    """A GuardDuty finding in EventBridge's envelope, or what is nearly one."""
    record = {"version": "0", "id": hexes(random, 8), "detail-type": "GuardDuty Finding", "source": "aws.guardduty",
              "account": digits(random, 12), "time": "2023-09-30T15:15:22Z", "region": random.choice(REGIONS),
              "resources": [], "detail": {"type": "Recon:EC2/PortProbeUnprotectedPort", "severity": 2}}
    if random.random() < 0.5:
        record = records.record(random, "guardduty", record)
    if random.random() < 0.15:
        record[random.choice(("source", "detail-type"))] = random.choice(("aws.s3", "", "GuardDuty"))
    return json.dumps(record, separators=(",", ":"))


def query(random):
    """A record of a Resolver query log, or what is nearly one."""
    record = {"version": "1.100000", "account_id": digits(random, 12), "region": random.choice(REGIONS), "vpc_id": f"vpc-{hexes(random, 17)}",
              "query_timestamp": "2023-09-30T15:15:22Z", "query_name": "example.com.", "query_type": random.choice(("A", "AAAA", "PTR")),
              "query_class": "IN", "rcode": "NOERROR", "answers": [{"Rdata": "192.0.2.1", "Type": "A", "Class": "IN"}],
              "srcaddr": "10.0.0.1", "srcport": "56067", "transport": "UDP", "srcids": {"instance": f"i-{hexes(random, 17)}"}}
    if random.random() < 0.2:
        record.pop(random.choice(list(record)))
    return json.dumps(record, separators=random.choice(((",", ":"), (", ", ": "))))


def free_text(random):
    """Text as an application logs it: quotes, controls, other scripts, what is nearly an escape."""
    kind = random.random()
    if kind < 0.4:
        return "".join(random.choices("abc XYZ019{}[]:,/'", k=random.randrange(120)))
    if kind < 0.6:
        return "".join(random.choices('ab"\\\n\t\r\b\f\x00\x1f\x7fu', k=random.randrange(150)))
    if kind < 0.8:
        return "".join(random.choices("aé\u00df中\u2028\ufffd😀\U0010ffff\u0800\ud7ff\ue000", k=random.randrange(100)))
    if kind < 0.98:
        return "x" * random.choice((0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 500))
    return random.choice(("y", 'y"', "é\n")) * random.choice((3000, 9000, 30000))


def message_literal(random, sort):
    """What one event says, as a literal."""
    if random.random() < 0.08:
        # Surrogates alone and in pairs, next to each other, up to both ends of their range.
        units = ("\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\ud83d", "\\ude00", "\\uDBFF", "\\uDFFF", "\\u0041", "a", "\\\\", "é")
        return '"' + "".join(random.choices(units, k=random.randrange(1, 12))) + '"'
    writers = {
        "custom": records.custom_line,
        "vpc-flow-logs": flow_log,
        "cloudtrail": trail,
        "guardduty": finding,
        "route53-resolver-query-logs": query,
    }
    text = writers.get(sort, free_text)(random)
    kind = random.random()
    if sort == "vpc-flow-logs" and kind < 0.3:
        text = parsed.flow_log(random, text)
    elif sort in writers and kind > 0.93:
        text = parsed.ocsf(random)
    return literal(random, text)


def names(random, sort):
    """A log group and a log stream: AWS's own names, near misses, anything."""
    account, region = digits(random, 12), random.choice(REGIONS)
    if sort == "custom":
        return f'"{records.CUSTOM_GROUP}"', '"s"'
    group = random.choice(("cwl_vpc_fl_member_account_1", "CloudTrail/member_account_1", "/app/api", "/app/", "g", "/aws/lambda/f",
                           f"/application/{hexes(random, 3)}", "é/\"q\"", "😀", "a\\b", " ", f"x{random.randrange(99)}"))
    stream = random.choice(("s", hexes(random, 8), "eni-", "i-0123", "", f"2023/09/30/[$LATEST]{hexes(random, 6)}", "é\t"))
    if random.random() < 0.4:
        if sort == "vpc-flow-logs":
            stream = f"eni-{hexes(random, random.choice((8, 17, 1)))}-{random.choice(('all', 'accept', 'reject'))}"
        elif sort == "cloudtrail":
            stream = f"{account}_CloudTrail_{region}" + random.choice(("", "_2"))
            stream = f"o-{hexes(random, 10)}_{stream}" if random.random() < 0.2 else stream
        elif sort == "guardduty":
            group = f"/aws/events/guardduty{random.choice(('', '-demo', '/findings'))}"
    elif random.random() < 0.15:
        stream = random.choice(("eni--all", "eni-0a1b-drop", "eni-0A1B-all", "eni-0a1b-all2", "eni-0a1b_all", "eni-0g-all", "xeni-0a-all",
                                f"{account[1:]}_CloudTrail_{region}", f"{account}1_CloudTrail_{region}", f"{account}_cloudtrail_{region}",
                                f"{account}_CloudTrai_{region}", f"a{account[1:]}_CloudTrail_{region}", "eni-0a1b2c-accept-1"))
    elif random.random() < 0.15:
        group = random.choice((f"aws-cloudtrail-logs-{account}-{hexes(random, 8)}", f"aws-cloudtrail-logs-{account[1:]}-{hexes(random, 8)}",
                               f"aws-cloudtrail-logs-{account}", f"/aws/vpc/vpc-{hexes(random, 8)}", "/aws/vpc/vpc-", "aws-controltower/CloudTrailLogs",
                               f"aws/cloudtrail/{random.choice(('management', 'data'))}events"))
    return literal(random, group), literal(random, stream)


def any_value(random, depth=0):
    """A value of any type, as AWS might add it."""
    kind = random.randrange(9 if depth < 4 else 6)
    if kind < 6:
        return random.choice(("null", "true", "false", "0", "-0", "1.50", "1e400", "-12E-3", "123456789012345678901234567890",
                              '""', '"\\ud800"', '"a\\u0000\\"b"', literal(random, free_text(random)[:200])))
    if kind == 6:
        return [any_value(random, depth + 1) for _ in range(random.randrange(4))]
    if kind == 7:
        deep = random.randrange(1, 60)
        return "[" * deep + random.choice(("", "1", "{}")) + "]" * deep
    members = Object()
    for _ in range(random.randrange(4)):
        members.append([literal(random, free_text(random)[:20]), any_value(random, depth + 1)])
    return members


def timestamp(random):
    kind = random.random()
    if kind < 0.7:
        return str(random.randrange(1_500_000_000_000, 2_000_000_000_000))
    if kind < 0.85:
        return str(random.choice(EDGES))
    if kind < 0.95:
        return str(random.randrange(LAST_MILLISECOND))
    if kind < 0.97:
        return f'"{random.choice(("", "", "0", "+", "+00"))}{random.randrange(LAST_MILLISECOND)}"'
    moment = f"{random.randrange(1970, 9999)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}T{random.randrange(24):02}:{random.randrange(60):02}"
    fraction = random.choice(("", ".1", ".12", ".123", ".000", ".123000"))
    return f'"{moment}:{random.randrange(60):02}{fraction}{random.choice(("Z", "Z", "+00:00", "+05:30", "-08:00"))}"'


def event(random, sort, system_fields, unknown):
    """One log event."""
    node = Object()
    node.put("id", literal(random, digits(random, random.choice((56, 56, 56, 1, 0)))))
    node.put("timestamp", timestamp(random))
    node.put("message", message_literal(random, sort))
    if system_fields:
        fields = Object()
        for key, value in (("@aws.account", digits(random, 12)), ("@aws.region", random.choice(REGIONS))):
            if random.random() < 0.9:
                fields.put(key, f'"{value}"')
        if random.random() < 0.2:
            fields.put("field", any_value(random))
        random.shuffle(fields) if random.random() < 0.3 else None
        node.put("extractedFields", random.choice(("null", Object())) if random.random() < 0.1 else fields)
    if unknown:
        node.insert(random.randrange(len(node) + 1), ['"later"', any_value(random)])
    return node


def message(random, sort=None):
    """One subscription message."""
    sorts = ("vpc-flow-logs", "cloudtrail", "guardduty", "route53-resolver-query-logs", "other")
    sort = sort or random.choice(sorts * 3 + ("custom",))
    group, stream = names(random, sort)
    rarely = random.random() < 0.25
    system_fields, unknown = random.random() < 0.3, rarely and random.random() < 0.5
    node = Object()
    node.put("messageType", '"DATA_MESSAGE"')
    node.put("owner", f'"{digits(random, 12)}"')
    node.put("logGroup", group)
    node.put("logStream", stream)
    if random.random() < 0.95:
        node.put("subscriptionFilters", [f'"{hexes(random, 4)}"' for _ in range(random.choice((1, 1, 1, 2, 0)))])
    count = random.choice((1, 1, 2, 3, 5, 8)) if random.random() < 0.96 else random.choice((0, 40))
    node.put("logEvents", [event(random, sort, system_fields, unknown and random.random() < 0.5) for _ in range(count)])
    if random.random() < 0.1:
        node.put("policyLevel", '"ACCOUNT_LEVEL_POLICY"')
    if unknown:
        node.insert(random.randrange(len(node) + 1), [literal(random, random.choice(("later", "é", "", "logEvent", "owner "))), any_value(random)])
    if rarely and random.random() < 0.5:
        for some in (node, *node.get("logEvents")):
            random.shuffle(some)
    return node


def control(random):
    """CloudWatch Logs' check that the destination can be reached."""
    node = Object()
    node.put("messageType", '"CONTROL_MESSAGE"')
    node.put("owner", '"CloudwatchLogs"')
    node.put("logGroup", '""')
    node.put("logStream", '""')
    node.put("subscriptionFilters", [])
    check = Object()
    check.put("id", '""')
    check.put("timestamp", timestamp(random))
    check.put("message", '"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."')
    node.put("logEvents", [check])
    return node


def spaces(random):
    """What may stand between tokens: mostly nothing."""
    kind = random.random()
    if kind < 0.85:
        return lambda: ""
    if kind < 0.93:
        return lambda: " "
    return lambda: "".join(random.choices(" \t\n\r", k=random.choice((0, 0, 0, 1, 2, 5, 40))))
