"""The contract of the transformer, read slowly: from a Firehose event and settings to the answers that are right.

Written from README.md, the design and AWS's pages, and not from the Rust code, so that both can be compared.
"""

import datetime
import json
import re
from dataclasses import dataclass, field, replace

import lines
import redaction
import strict
from opening import Unreadable, opened
from sources import source_of

RESPONSE_BYTES_MAX = 6_291_556
NOT_UTF_8 = "bytes that were not UTF-8 stand as U+FFFD"
KEYS = ("account", "region", "source", "class", "log_group", "year", "month", "day", "hour")
LAST_MILLISECOND = 253_402_300_799_999
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MILLISECOND = datetime.timedelta(milliseconds=1)
# With ISO 8601's offset without a colon, too.
RFC_3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)

SEEN = {}


class Failed(ValueError):
    """The record cannot be read."""


class Refused(ValueError):
    """The event as a whole is no batch of Firehose's."""


@dataclass
class Settings:
    """The transformer's settings, with their defaults."""

    format: str = "events"
    compression: str = "none"
    partition_keys: tuple = ()
    sources: dict = field(default_factory=dict)
    max_decoded_mib: int = 64
    accounts: dict = field(default_factory=dict)
    schema: str = "none"
    original: str = "keep"
    rules: tuple = ()
    redact: tuple = ()


@dataclass
class Answer:
    """One record's answer. `data` is what the destination receives, before compression; of a failure the original."""

    id: str
    result: str
    data: object = None
    keys: object = None
    why: str = ""


@dataclass
class Event:
    id: str
    timestamp: int
    message: str
    account: object
    region: object


@dataclass
class Message:
    owner: str
    group: str
    stream: str
    events: list
    text: str
    told: object = None


def answers(event, settings):
    """The right answer to each record of `event`, one after another, as if the response had no limit."""
    try:
        batch = json.loads(event.decode("utf-8"))
    except ValueError as error:
        raise Refused("not JSON") from error
    if not isinstance(batch, dict) or not isinstance(batch.get("records"), list):
        raise Refused("records")
    # Absent and null are the same; another type is refused, and the field named.
    for name in ("invocationId", "deliveryStreamArn", "region"):
        if not isinstance(batch.get(name), str | None):
            raise Refused(name)
    if not all(isinstance(record, dict) and isinstance(record.get("recordId"), str) for record in batch["records"]):
        raise Refused("record")
    region = json.dumps(batch_region(batch), ensure_ascii=False)
    return [answer(record, region, settings) for record in batch["records"]]


def batch_region(batch):
    """As the event says it, else as the Firehose stream's ARN does; never guessed."""
    if batch.get("region"):
        return batch["region"]
    arn = (batch.get("deliveryStreamArn") or "").split(":")
    return arn[3] if len(arn) > 5 and arn[3] else None


def answer(record, region, settings):
    """The answer to one record."""
    data = record.get("data")
    original = data if isinstance(data, str) else None
    try:
        if original is None:
            raise Failed("no data")
        messages = delivered(original, settings.max_decoded_mib << 20)
        if settings.redact:
            messages = [redaction.redacted(message, settings) for message in messages]
    except (Failed, redaction.NotRedacted) as error:
        return Answer(record["recordId"], "ProcessingFailed", original, why=str(error))
    if not messages:
        return Answer(record["recordId"], "Dropped")
    made, firsts = [], []
    for message in messages:
        for event, line in lines_of(message, region, settings):
            # Which events a sample has is not known: the first of all may be any up to one that is certain.
            if all(isinstance(before, lines.Sampled) for before in made):
                firsts.append((message, event))
            made.append(line)
    if not made:
        return Answer(record["recordId"], "Dropped")
    data = made if settings.format == "events" and (settings.schema != "none" or settings.rules) else b"".join(line + b"\n" for line in made)
    keys = partition_keys(firsts, region, settings) if settings.partition_keys else None
    return Answer(record["recordId"], "Ok", data, keys)


def delivered(data, most):
    """The messages inside `data` that have something to deliver. Kept for the next settings: reading is slow."""
    if (data, most) not in SEEN:
        try:
            messages = [message for message in read(opened(data, most)) if message is not None and message.events]
        except (Failed, Unreadable, strict.NotJson) as error:
            messages = Failed(str(error))
        SEEN[data, most] = messages
        if len(SEEN) > 200:
            SEEN.pop(next(iter(SEEN)))
    if isinstance(SEEN[data, most], Failed):
        raise SEEN[data, most]
    return SEEN[data, most]


def read(raw):
    """The subscription messages in `raw`; None for a CONTROL_MESSAGE."""
    found = 0
    for value in strict.values(strict.decoded(raw)):
        found += 1
        yield message_of(value)
    if not found:
        raise Failed("nothing inside")


def members(value, names):
    """The members of an object by name, none of `names` twice."""
    if value.kind != "object":
        raise Failed(f"{value.kind} in an object's place")
    known = {}
    for literal, item in value.items:
        name = strict.unescaped(literal)
        if name in names:
            if name in known:
                raise Failed(f"{name} twice")
            known[name] = item
    return known


def wanted(known, name, kind):
    if name not in known or known[name].kind != kind:
        raise Failed(f"{name} is absent or of another type")
    return known[name]


def message_of(value):
    known = members(value, ("messageType", "owner", "logGroup", "logStream", "logEvents"))
    kind = strict.unescaped(wanted(known, "messageType", "string").text)
    if kind not in ("DATA_MESSAGE", "CONTROL_MESSAGE"):
        raise Failed("messageType")
    if kind == "CONTROL_MESSAGE":
        # Nothing of it is delivered, so nothing else in it is looked at.
        return None
    owner, group, stream = (wanted(known, name, "string").text for name in ("owner", "logGroup", "logStream"))
    events = [event_of(event) for event in wanted(known, "logEvents", "array").items]
    return Message(owner, group, stream, events, value.text)


def event_of(value):
    known = members(value, ("id", "timestamp", "message", "extractedFields"))
    account = region = None
    if "extractedFields" in known and known["extractedFields"].kind == "object":
        fields = members(known["extractedFields"], ("@aws.account", "@aws.region"))
        fields = {name: item.text for name, item in fields.items() if item.kind == "string"}
        account, region = fields.get("@aws.account"), fields.get("@aws.region")
    return Event(
        wanted(known, "id", "string").text,
        milliseconds(known.get("timestamp")),
        wanted(known, "message", "string").text,
        account,
        region,
    )


def milliseconds(value):
    """Milliseconds since 1970, of a whole number, or of a string that holds one or an RFC 3339 time."""
    text = ""
    if value is not None and value.kind == "number":
        text = value.text
    elif value is not None and value.kind == "string":
        text = strict.unescaped(value.text)
    time = RFC_3339.fullmatch(text) if value is not None and value.kind == "string" else None
    if time:
        number = of_rfc_3339(time)
    elif digits := re.fullmatch("([+-]?)0*([0-9]{1,20})[0-9]*", text):
        number = int(digits[1] + digits[2])
    else:
        raise Failed("timestamp")
    if not 0 <= number <= LAST_MILLISECOND:
        raise Failed("timestamp")
    return number


def of_rfc_3339(time):
    *others, second = (int(part) for part in time.groups()[:6])
    try:
        # A leap second is taken for the one before it.
        moment = datetime.datetime(*others, 59 if second == 60 else second, tzinfo=datetime.UTC)
    except ValueError as error:
        raise Failed("timestamp") from error
    offset = datetime.timedelta()
    if time[8] not in "Zz":
        hours, minutes = int(time[8][1:3]), int(time[8][-2:])
        # No clock is 24 hours from UTC; two more are tolerated.
        if hours > 25 or minutes > 59:
            raise Failed("timestamp")
        offset = datetime.timedelta(hours=hours, minutes=minutes)
        offset = -offset if time[8][0] == "-" else offset
    return (moment - EPOCH - offset) // MILLISECOND + int((time[7] or "").ljust(3, "0")[:3])


def moment_of(event):
    return EPOCH + datetime.timedelta(milliseconds=event.timestamp)


def lines_of(message, region, settings):
    """The lines of one message, without their newlines, and the first event of each."""
    if settings.format == "document":
        yield message.events[0], marked(message.text)
    elif settings.format == "message":
        # Bare messages have no place to say so, and keep their bytes.
        for event in message.events:
            yield event, strict.as_bytes(strict.unescaped(event.message))
    else:
        source = source_of(message, settings.sources)
        for event in message.events:
            time = time_of(event.timestamp)
            account = event.account or message.owner
            name = settings.accounts.get(json.loads(account)) if settings.accounts else None
            named = "" if name is None else f',"account_name":{json.dumps(name, ensure_ascii=False)}'
            head = (
                f'{{"timestamp":"{time}","account":{account}{named},"region":{event.region or region},'
                f'"source":"{source}","log_group":{message.group},"log_stream":{message.stream},"id":{event.id}'
            )
            if settings.schema == "none" and not settings.rules:
                yield event, marked(f'{head},"message":{event.message}}}')
                continue
            line = lines.line_of(head, event, message, source, context_of(event, message, account, region, settings), settings)
            if line is not None:
                yield event, line


def time_of(timestamp):
    moment = EPOCH + datetime.timedelta(milliseconds=timestamp)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z".rjust(24, "0")


def milliseconds_of(words):
    """Milliseconds since 1970 of a text that looks like a time, or None if it is none of the years 1970 to 9999."""
    try:
        milliseconds = of_rfc_3339(RFC_3339.fullmatch(words))
    except Failed:
        return None
    return milliseconds if 0 <= milliseconds <= LAST_MILLISECOND else None


def context_of(event, message, account, region, settings):
    """What documents say of an event besides its message."""
    text = json_text(event.message)
    return {
        "time": time_of(event.timestamp),
        "milliseconds": event.timestamp,
        "time_of": time_of,
        "milliseconds_of": milliseconds_of,
        "region": json_text(event.region or region) or None,
        "account": json_text(account),
        "id": json_text(event.id),
        "log_group": json_text(message.group),
        "log_stream": json_text(message.stream),
        "message": text,
        "original": text if settings.original == "keep" else None,
        "error": None,
    }


def marked(text):
    """A JSON object that says if bytes of what it shows were changed."""
    if strict.is_utf_8(text):
        return text.encode()
    return f'{strict.replaced(text)[:-1]},"error":"{NOT_UTF_8}"}}'.encode()


def partition_keys(firsts, region, settings):
    """The keys of a record, from the first event that is delivered. Firehose refuses empty values."""
    those = [keys_of(message, event, region, settings) for message, event in firsts]
    return {key: OneOf(text or "unknown" for keys in those for text in keys[key]) for key in settings.partition_keys}


def keys_of(message, event, region, settings):
    """The texts that each key may have."""
    moment = moment_of(event)
    return {
        "account": [json_text(event.account or message.owner)],
        "region": [json_text(event.region or region)],
        "source": [source_of(message, settings.sources)],
        "class": classes_of(message, event, settings),
        "log_group": [json_text(message.group)],
        "year": [f"{moment.year:04}"],
        "month": [f"{moment.month:02}"],
        "day": [f"{moment.day:02}"],
        "hour": [f"{moment.hour:02}"],
    }


def classes_of(message, event, settings):
    """The classes of OCSF that an event may have, or else its source."""
    source = source_of(message, settings.sources)
    if not settings.schema.startswith("ocsf"):
        return [source]
    context = context_of(event, message, message.owner, "null", settings)
    head = f"{event.account or message.owner}{event.region}{message.group}{message.stream}{event.id}"
    line = lines.line_of(head, event, message, source, context, replace(settings, rules=()))
    return [document["class_uid"].text for document in line.layouts]


class OneOf(str):
    """A text that is one of several."""

    def __new__(cls, texts):
        texts = sorted(set(texts))
        made = super().__new__(cls, " or ".join(texts))
        made.texts = texts
        return made

    def __eq__(self, other):
        return other in self.texts

    __hash__ = str.__hash__


def json_text(literal):
    return "" if literal == "null" else strict.replaced(strict.unescaped(literal))
