"""Batches of records, good ones and ones with exactly one fault, and the settings that they are transformed under."""

import base64
import json
from dataclasses import dataclass, replace
from random import Random

import faults
import faults_of_packing
import faults_of_text
import faults_of_trees
import messages
import packing
import records
from reading import KEYS, Settings

# Each registers its faults as it is imported.
assert faults_of_packing and faults_of_text and faults_of_trees
SOURCES = ("vpc-flow-logs", "cloudtrail", "guardduty", "route53-resolver-query-logs", "other")
BRIM = 4_600_000
SCHEMAS = ("native", "ecs", "ocsf-1.1", "ocsf-1.5", "none")
RULES = (
    {"name": "small", "source": "vpc-flow-logs", "action": "drop", "detection": {"a": {"action": "accept", "bytes|lt": 200_000}, "condition": "a"}},
    {"name": "ports", "source": "vpc-flow-logs", "action": "keep", "detection": {"a": {"dstport|gte": 32_768}, "b": {"srcport|lte": 100}, "condition": "1 of them"}},
    {"name": "inside", "source": "vpc-flow-logs", "action": "drop",
     "detection": {"a": {"srcaddr|cidr": ["10.0.0.0/8", "128.0.0.0/1"]}, "b": {"dstaddr|exists": False}, "condition": "(a or b) and not c", "c": {"packets|gt": 300}}},
    {"name": "some", "source": "vpc-flow-logs", "action": "sample", "rate": 2, "detection": {"a": {"protocol": [6, 1]}, "condition": "a"}},
    {"name": "wild", "source": "vpc-flow-logs", "action": "drop", "detection": {"a": {"interface_id": "eni-*0?"}, "b": {"log_status|re": "^(NO|SKIP)"}, "condition": "1 of *"}},
    {"name": "users", "source": "cloudtrail", "action": "drop",
     "detection": {"a": {"eventName|endswith": "USER", "awsRegion|startswith": ["us-", "EU-"]}, "b": {"userIdentity.userName|contains|all": ["a", "l"]}, "condition": "a or b"}},
    {"name": "root", "source": "cloudtrail", "action": "keep", "detection": {"a": {"userIdentity.type|cased": "root"}, "b": {"errorCode": None}, "condition": "a and not b"}},
    {"name": "findings", "source": "guardduty", "action": "drop",
     "detection": {"a": [{"detail.severity|gt": 3}, {"detail.type|contains": "*portprobe*", "region": ["us-east-1", "cn-*"]}], "condition": "all of a*"}},
)
# No two of a source have a field in common.
REDACT = (
    {"source": "vpc-flow-logs", "fields": ["srcaddr", "account-id", "instance-tag"], "action": "hash"},
    {"source": "vpc-flow-logs", "fields": ["dstaddr", "dstport", "bytes", "start"], "action": "mask"},
    {"source": "cloudtrail", "fields": ["sourceIPAddress", "userIdentity.userName", "requestParameters", "resources.ARN"], "action": "hash"},
    {"source": "cloudtrail", "fields": ["userIdentity.arn", "readOnly", "eventTime", "responseElements"], "action": "mask"},
    {"source": "guardduty", "fields": ["detail.accountId", "detail.severity", "detail.service.action"], "action": "hash"},
    {"source": "guardduty", "fields": ["detail.resource", "account"], "action": "mask"},
    {"source": "route53-resolver-query-logs", "fields": ["srcaddr", "answers.Rdata"], "action": "hash"},
    {"source": "route53-resolver-query-logs", "fields": ["query_name", "srcids.instance", "rcode"], "action": "mask"},
)


@dataclass
class Record:
    """One record, and what was done to it."""

    id: str
    data: object
    kind: str


@dataclass
class Batch:
    """One event as Firehose would send it, with what is known of each record."""

    records: list
    event: bytes
    brim: bool = False


def batch(seed, index):
    """Batch `index` of the run with this seed: the same on every machine."""
    random = Random(f"{seed}/{index}")
    if index % 150 == 149:
        return brim(random)
    records = [record(random, number) for number in range(random.choice((1, 2, 5, 12, 12, 20)))]
    return Batch(records, event_of(random, records))


def record(random, number):
    """A record: as often good as with a fault."""
    name, stage = "good", None
    if random.random() < 0.5:
        # Each kind as often as every other, whatever stage it belongs to.
        name, stage = random.choice([(name, stage) for stage, those in faults.STAGES.items() for name in those])
    apply = faults.STAGES[stage][name] if stage else None
    trees = [messages.message(random)]
    if name == "good" and random.random() < 0.15:
        trees = [messages.control(random)]
    elif random.random() < 0.15:
        trees += [random.choice((messages.message, messages.message, messages.control))(random) for _ in range(random.randrange(1, 4))]
    if stage == "tree":
        apply(random, trees[0])
    random.shuffle(trees) if stage in ("tree", None) else None
    space = messages.spaces(random)
    between = random.choice(("", "", "\n", " ", "\r\n\t "))
    text = between.join(messages.text_of(tree, space) for tree in trees) + random.choice(("", "", "", "\n", " \n"))
    text = apply(random, text.strip(" \t\r\n")) if stage == "text" else text
    raw = text.encode("utf-8", "replace")
    raw = apply(random, raw) if stage == "raw" else raw
    packed = apply(random, raw) if stage == "packed" else packing.packed(random, raw)
    data = base64.b64encode(packed).decode("ascii")
    data = apply(random, data) if stage in ("base64", "data") else data
    ids = (f"{number:056}", messages.digits(random, 56), f"{number}", f'é"\\{number}', f"shardId-0000000000000000000000000000{number:028}")
    return Record(random.choice(ids), data, name)


def event_of(random, records):
    """The event: its fields in Firehose's shape, or with what AWS's samples have besides."""
    region = random.choice(messages.REGIONS)
    arn = f"arn:aws:firehose:{random.choice(messages.REGIONS)}:{messages.digits(random, 12)}:deliverystream/catchment"
    event = messages.Object()
    event.put("invocationId", '"0f8fad5b"')
    event.put("deliveryStreamArn", json.dumps(arn))
    event.put("region", json.dumps(region))
    kind = random.random()
    if kind < 0.3:
        # Absent, null, empty: the same.
        for name in random.sample(("invocationId", "deliveryStreamArn", "region"), k=random.randrange(1, 4)):
            if name not in (json.loads(literal) for literal, _ in event):
                continue
            if random.random() < 0.5:
                event[:] = [pair for pair in event if pair[0] != f'"{name}"']
            else:
                event.set(name, "null")
    if random.random() < 0.02:
        event.set(random.choice(("invocationId", "deliveryStreamArn", "region")), random.choice(("5", "true", "[]", "{}")))
    if random.random() < 0.5:
        event.put("sourceKinesisStreamArn", random.choice(("null", '"arn:aws:kinesis:us-west-2:999988887777:stream/Demo_Kinesis_Stream"')))
    event.put("records", [record_node(random, record) for record in records])
    if random.random() < 0.02:
        some = random.choice(event.get("records"))
        no_id = messages.Object(pair for pair in some if pair[0] != '"recordId"')
        event.set("records", random.choice(("null", "{}", "1", [some, no_id], [no_id], [some, '"a"'], [some, "[]"])))
    if random.random() < 0.2:
        event.put("later", messages.any_value(random))
    if random.random() < 0.2:
        random.shuffle(event)
    return messages.text_of(event, messages.spaces(random)).encode("utf-8")


def record_node(random, record):
    node = messages.Object()
    node.put("recordId", json.dumps(record.id, ensure_ascii=random.random() < 0.5))
    node.put("approximateArrivalTimestamp", random.choice(("1696086923000", '""', '"2023-09-30T15:15:23.000Z"', "null")))
    if record.data is not ...:
        text = json.dumps(record.data)
        node.put("data", text.replace("/", "\\/") if random.random() < 0.05 else text)
    if random.random() < 0.4:
        metadata = messages.Object()
        metadata.put("shardId", '"shardId-000000000000"')
        metadata.put("partitionKey", random.choice(('""', '"4d1ad2b9"', "null")))
        metadata.put("approximateArrivalTimestamp", random.choice(("1696086923000", '""', '"2023-09-30T15:15:23.000Z"')))
        metadata.put("sequenceNumber", '"49546986683135544286507457936321625675700192471156785154"')
        metadata.put("subsequenceNumber", random.choice(("0", '""', "null", "123456")))
        node.put("kinesisRecordMetadata", metadata)
    if random.random() < 0.1:
        node.put("later", messages.any_value(random))
    if random.random() < 0.2:
        random.shuffle(node)
    return node


def brim(random):
    """A batch whose answers come near the limit of a response, or pass it; among them originals that take room."""
    records, total = [], 0
    goal = random.choice((BRIM - 60_000, BRIM, BRIM, BRIM + 100_000, 7_000_000))
    while total < goal:
        length = random.choice((100, 2_000, 30_000, 300_000, 900_000))
        length = min(length, max(goal - total, 1) + random.randrange(200))
        kind = "good"
        if random.random() < 0.3:
            # The original of a failed record is as long as its data, which compresses not at all.
            data, kind = base64.b64encode(random.randbytes(length // 4)).decode("ascii"), "neither"
        else:
            tree = messages.message(random, "other")
            tree.set("logEvents", [messages.event(random, "other", False, False)])
            text = (random.choice(("x", "é", "x" * 50 + '"')) * length)[:length]
            tree.get("logEvents")[0].set("message", json.dumps(text, ensure_ascii=False))
            data = base64.b64encode(packing.member(random, messages.text_of(tree).encode("utf-8"), 0, 6)).decode("ascii")
        records.append(Record(f"{len(records):056}", data, kind))
        total += length
    random.shuffle(records)
    return Batch(records, event_of(random, records), brim=True)


def every_setting(seed, index, count, schemas):
    """`count` settings for one share of the batches: over a run each value meets each. Of as many as `schemas`, each has a schema, rules, or both."""
    random = Random(f"{seed}/settings/{index}")
    formats = [(form, compression) for compression in ("none", "gzip") for form in ("events", "document", "message")]
    plain = [settings(random, *formats[(index + number) % len(formats)]) for number in range(count)]
    return plain + [with_schema(random, SCHEMAS[(index + number) % len(SCHEMAS)]) for number in range(schemas)]


def with_schema(random, schema):
    """Settings with a schema, and in some of them with rules, with redactions, or with both."""
    chosen = settings(random, "events", random.choice(("none", "gzip")))
    chosen.sources |= {records.CUSTOM_GROUP: {"source": "vpc-flow-logs", "format": " ".join(f"${{{name}}}" for name in records.custom_format())}}
    # One whole rule of a time, so that each says something.
    some = random.sample(RULES, k=random.randrange(1, 4)) if schema == "none" or random.random() < 0.3 else []
    redact = []
    if random.random() < 0.4:
        # Rules cannot look at what is redacted.
        looked_at = json.dumps(some)
        redact = random.sample(REDACT, k=random.randrange(1, len(REDACT)))
        redact = [each for each in redact if not any(field.replace("-", "_") in looked_at for field in each["fields"])]
    if schema == "none" and not some and random.random() < 0.3:
        chosen.format = "message"
    accounts = {"111122223333": "dev1"} if random.random() < 0.3 else {}
    return replace(chosen, schema=schema, original=random.choice(("keep", "drop")), rules=tuple(some), redact=tuple(redact), accounts=accounts, max_decoded_mib=64)


def settings(random, form, compression):
    keys = random.choice(((), KEYS, (random.choice(KEYS),), tuple(random.sample(KEYS, k=random.randrange(1, 9)))))
    sources = {}
    if random.random() < 0.3:
        names = ("cwl_vpc_fl_member_account_1", "CloudTrail/*", "CloudTrail/member*", "/app/*", "/app/api", "/app/api*", "g", "*", "é/\"q\"", "😀*",
                 "/application/*", "x*", "/aws/events/*", "x1*", "", "g*")
        sources = {name: random.choice(SOURCES) for name in random.sample(names, k=random.randrange(1, 6)) if name}
    return Settings(form, compression, keys, sources, 1 if random.random() < 0.1 else 64)
