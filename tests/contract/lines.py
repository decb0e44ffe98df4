"""The lines that are right under a schema: what stands in the place of a message, and how a line that was given compares."""

import json
import re
from dataclasses import dataclass

import documents
import in_words
import page
import rules
import strict
from sources import setting_of

DEFAULT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status".split()
)
# Fields that no object of `parseVPC` lacks.
ALWAYS = ("version", "log-status")
PARSED = {"srcaddr": "srcAddr", "dstaddr": "dstAddr", "srcport": "srcPort", "dstport": "dstPort"}
OBJECT = re.compile(r"[ \t\r\n]*\{")
# A JSON string with a space, or an escape by number, which may stand for one.
NO_FIELD = re.compile(r'"(?:\\[^u]|[^ \\])*(?: |\\u)')
HALF = re.compile("[\ud800-\udfff]")
NOT_UTF_8 = "bytes that were not UTF-8 stand as U+FFFD"


class Misfit(ValueError):
    """The message is not as its source writes it."""


@dataclass(frozen=True)
class Exact:
    """A line of the schema `native`; the words of an error are free."""

    text: str
    misfit: bool = False

    def is_line(self, line):
        if self.misfit:
            line, _, words = line.rpartition(',"error":"')
            return line == self.text[:-1] and len(words) > 2
        return line == self.text

    def apart(self, line):
        return f"right: {self.text}\ngiven: {line}"


@dataclass(frozen=True)
class Document:
    """A document, by one of its source's layouts; places that the page leaves undecided are not compared."""

    layouts: tuple

    def is_line(self, line):
        try:
            found = parsed(line)
        except ValueError:
            return False
        return any(same(layout, found) for layout in self.layouts)

    def apart(self, line):
        try:
            found = parsed(line or "{}")
        except ValueError as error:
            return f"{error}: {line}"
        return "\n".join(min(([*places(layout, found, "")] for layout in self.layouts), key=len))


@dataclass(frozen=True)
class Whole:
    """A message that is OCSF already."""

    document: dict


@dataclass(frozen=True)
class Sampled:
    """One line of several log events, or none."""

    line: object


def parsed(line):
    """A document as it was given; surrogates without their other half are U+FFFD, as everywhere in the reading."""
    return whole_text(json.loads(line, object_pairs_hook=without_repeats, parse_int=in_words.Number, parse_float=in_words.Number))


def whole_text(value):
    if isinstance(value, str):
        return HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [whole_text(each) for each in value]
    return {whole_text(name): whole_text(each) for name, each in value.items()} if isinstance(value, dict) else value


def places(right, found, path):
    """Where a document differs."""
    if isinstance(right, dict) and isinstance(found, dict):
        for name in sorted({*right, *found}):
            if not same(right.get(name), found.get(name)) and not (undecided(right.get(name)) and name not in found):
                yield from places(right.get(name), found.get(name), f"{path}.{name}" if path else name)
    else:
        yield f"{path}: {right!r} is right, {found!r} was given"


def without_repeats(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError(f"a name twice: {[name for name, _ in pairs]}")
    return dict(pairs)


def undecided(value):
    """Whether nothing is known of a place, nor of those inside it."""
    return value is in_words.UNDECIDED or (isinstance(value, dict) and all(map(undecided, value.values())))


def same(right, found):
    if right is in_words.UNDECIDED:
        return True
    if isinstance(right, dict) and isinstance(found, dict):
        decided = {name for name, value in right.items() if not undecided(value)}
        return decided <= set(found) <= set(right) and all(same(right[name], found[name]) for name in found)
    if isinstance(right, list) and isinstance(found, list):
        return len(right) == len(found) and all(map(same, right, found))
    return type(right) is type(found) and right == found


def differences(right, given):
    """What differs, line by line, of the text that was given; nothing if it is right."""
    lines = given.decode("utf-8").split("\n")
    found = ["no newline at the end"] if lines.pop() else []
    for each in right:
        wanted = each.line if isinstance(each, Sampled) else each
        if lines and wanted.is_line(lines[0]):
            lines.pop(0)
        elif not isinstance(each, Sampled):
            return [*found, wanted.apart(lines[0] if lines else "")]
    return found + [f"more: {line}" for line in lines]


def line_of(head, event, message, source, given, settings):
    """The right line for one event, if it has one. `head` is all that precedes the message; `given` is what documents know of the event."""
    text = strict.unescaped(event.message)
    whole = settings.schema == "none" or strict.is_utf_8(head)
    try:
        if source != "other" and strict.has_half(event.message):
            raise Misfit("escapes stand for no text")
        fields, found = fields_of(text, message, source, settings)
    except Misfit as misfit:
        return misfit_line(head, event, given, settings, known=str(misfit) if whole else NOT_UTF_8)
    known = None if fields is None else judged(text, source, fields)
    decision = "keep" if known is None else rules.decision(settings.rules, source, known)
    if decision == "drop":
        return None
    rate = decision if isinstance(decision, int) else None
    if whole:
        line = fitting_line(head, event, source, fields, found, rate, given, settings)
    else:
        line = misfit_line(head, event, given, settings, NOT_UTF_8, rate)
    # Which events a sample has follows from their ids, but not how.
    return Sampled(line) if rate else line


def judged(text, source, fields):
    """The fields that rules are for: those of what is as its source writes it, or as `parseVPC` does. No source writes OCSF."""
    value = json_of(text)
    if source == "vpc-flow-logs" and OBJECT.match(text):
        try:
            return parsed_flow_log(value)
        except Misfit:
            return None
    return None if is_ocsf(value) else fields


def fitting_line(head, event, source, fields, found, rate, given, settings):
    if settings.schema in ("none", "native"):
        shown = f'"event":{found}' if fields is not None and settings.schema == "native" else f'"message":{event.message}'
        return exact(f"{head},{shown}", rate)
    if fields is None:
        return other(given, settings)
    if isinstance(fields, Whole):
        return Document((fields.document,))
    right = documents.documents(settings.schema, source, given_of(given, fields, settings))
    return Document(tuple(with_rate(document, settings.schema, rate) for document in right))


def with_rate(document, schema, rate):
    """The document of an event of a sample, whose rate has a place that is no row of a table."""
    if not rate:
        return document
    if schema == "ecs":
        return document | {"labels": {"sample_rate": str(rate)}}
    return document | {"metadata": document["metadata"] | {"labels": [f"sample_rate:{rate}"]}}


def sampled(rate):
    return f',"sample_rate":{rate}' if rate else ""


def misfit_line(head, event, given, settings, known, rate=None):
    if settings.schema not in ("none", "native"):
        given["error"] = in_words.UNDECIDED
        return Document(tuple(with_rate(document, settings.schema, rate) for document in other(given, settings).layouts))
    return exact(f'{head},"message":{event.message}', rate, misfit=settings.schema == "native" and known != NOT_UTF_8)


def exact(text, rate, misfit=False):
    """A line, which says if bytes of what it shows were changed, and then for how many events it is delivered."""
    if strict.is_utf_8(text):
        return Exact(f"{text}{sampled(rate)}}}", misfit)
    return Exact(f'{strict.replaced(text)},"error":"{NOT_UTF_8}"{sampled(rate)}}}')


def other(given, settings):
    return Document(tuple(documents.documents(settings.schema, "All other log events", given_of(given, documents.FlowFields({}), settings))))


def given_of(context, fields, settings):
    return documents.Given(context, fields, settings.accounts, settings.schema.startswith("ocsf"))


def fields_of(text, message, source, settings):
    """The fields of a message, and the text of its object; nothing for the source `other`."""
    if not strict.is_utf_8(text):
        raise Misfit(NOT_UTF_8)
    if source == "other":
        return None, None
    if settings.schema not in ("none", "native") and OBJECT.match(text):
        if parsed_before := already(text, source, settings.schema):
            return parsed_before, text
    if source == "vpc-flow-logs" and not OBJECT.match(text):
        form = format_of(message, settings)
        fields = flow_line(text, form or DEFAULT, not form)
        return documents.FlowFields(fields), flow_object(fields)
    try:
        value = strict.value(text)
    except strict.NotJson as error:
        raise Misfit("not JSON") from error
    if value.kind != "object":
        raise Misfit("not an object")
    return documents.JsonFields(value, source == "guardduty"), value.text


def format_of(message, settings):
    """The names of the fields that the lines of a log group have, if it has a format of its own."""
    setting = setting_of(strict.replaced(strict.unescaped(message.group)), settings.sources)
    return [name[2:-1] for name in setting["format"].split()] if isinstance(setting, dict) and "format" in setting else None


def already(text, source, schema):
    """What a transformer of the log group, or a pipeline, has made of the message; of an object in the place of a flow log's line, if it fits."""
    value = json_of(text)
    if is_ocsf(value) and schema == "ecs" and page.says("that is OCSF already, as [below]"):
        raise Misfit("OCSF already")
    if is_ocsf(value) and schema.startswith("ocsf") and page.says("that is OCSF already"):
        return Whole(whole_text(json.loads(text, parse_int=in_words.Number, parse_float=in_words.Number)))
    return parsed_flow_log(value) if source == "vpc-flow-logs" else None


def parsed_flow_log(value):
    """The fields of the line that `parseVPC` has made an object of; a member that is null is absent."""
    names = {name: member_of(name) for name in DEFAULT}
    items = {strict.unescaped(key): item for key, item in value.items} if value else {}
    items = {name: item for name, item in items.items() if item.text != "null"}
    members = {name: in_words.scalar(item) for name, item in items.items()}
    if not page.says("`parseVPC`") or not {names[name] for name in ALWAYS} <= set(members) <= set(names.values()) or None in members.values():
        raise Misfit("an object")
    if any(NO_FIELD.match(item.text) for item in items.values()):
        raise Misfit("no line has such a field")
    return documents.FlowFields(flow_line(" ".join(members.get(names[name], "-") for name in DEFAULT), DEFAULT, default=True))


def json_of(text):
    """The value that a message is, if it is JSON."""
    try:
        return strict.value(text)
    except strict.NotJson:
        return None


def is_ocsf(value):
    """Whether a message is OCSF already."""
    class_uid, version = only(value, "class_uid"), only(only(value, "metadata"), "version")
    return bool(class_uid and version and re.fullmatch("[0-9]{1,9}", class_uid.text) and version.kind == "string")


def only(value, name):
    """The member of an object with this name, if there is just one."""
    members = [item for key, item in value.items if strict.unescaped(key) == name] if value and value.kind == "object" else []
    return members[0] if len(members) == 1 else None


def member_of(name):
    """A field's name as `parseVPC` writes it: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Configurable.html."""
    first, *others = name.split("-")
    return PARSED.get(name, first + "".join(word.capitalize() for word in others))


def flow_line(text, names, default):
    """The fields that a line has, by AWS's names."""
    known, fields = page.flow_log_fields(), {}
    words = text.rstrip(" \t\r\n").split(" ")
    if len(words) != len(names):
        raise Misfit("another number of fields")
    for name, word in zip(names, words, strict=True):
        kind = known[name][1]
        if word == "-":
            continue
        if not word:
            raise Misfit(f"{name} is empty")
        if kind.startswith("integer") and not (re.fullmatch("0|[1-9][0-9]{0,17}", word) and (kind != "integer to 65,535" or int(word) <= 65_535)):
            raise Misfit(f"{name} is no number")
        fields[name] = percent_decoded(word) if "percent" in kind else word
    if default and fields.get("version") != "2":
        raise Misfit("another version")
    return fields


def percent_decoded(word):
    """Once, and only if what is there is the text of a tag."""
    raw, at = b"", 0
    while at < len(word):
        if word[at] == "%":
            if not re.fullmatch("[0-9A-Fa-f]{2}", word[at + 1 : at + 3]):
                raise Misfit("not percent-encoded")
            raw, at = raw + bytes.fromhex(word[at + 1 : at + 3]), at + 3
        else:
            raw, at = raw + word[at].encode(), at + 1
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Misfit("not percent-encoded") from error


def flow_object(fields):
    known = page.flow_log_fields()
    members = [(known[name], word) for name, word in fields.items()]
    texts = (word if kind.startswith("integer") else json.dumps(word, ensure_ascii=False) for (_, kind), word in members)
    return "{" + ",".join(f'"{name}":{text}' for ((name, _), _), text in zip(members, texts, strict=True)) + "}"
