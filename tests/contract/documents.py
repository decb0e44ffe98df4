"""The documents of `ecs` and of both `ocsf`, by the tables of the page of the schemas.

What the page says only in words, such as "by the first word of `eventName`", is left undecided, and is not compared.
"""

import functools
import ipaddress
import json
import re
from dataclasses import dataclass, replace

import in_words
import page
import strict
import terms

REST = "all fields that stand in no other row, by name or path"
# What a log event's own line knows of it, besides the message.
CONTEXT = {
    "the time that CloudWatch Logs has of the event": "time",
    "the Region of the event, if it is known": "region",
    "the account of the event": "account",
    "the id that CloudWatch Logs gave the event": "id",
    "the log group": "log_group",
    "the log stream": "log_stream",
    "the message, unless the settings leave originals out": "original",
    "the message": "message",
    "why the message is not as its source writes it": "error",
}
# Times in OCSF are milliseconds (the page's words on both versions), and integers as others are.
TIME = re.compile(r"(.*[._])?(time|time_dt)")
DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d{1,9})?Z", re.ASCII)
LAST_SECOND = 253_402_300_799


class FlowFields:
    """The fields of a flow log's line; those that are `-` are absent."""

    def __init__(self, fields):
        self.fields = fields

    def get(self, name):
        return self.fields.get(name)


class JsonFields:
    """The members of a JSON message, by path."""

    def __init__(self, value, any_case=False):
        self.value, self.any_case = value, any_case

    def get(self, path):
        value = self.value
        for name in path.split("."):
            value = self.member(value, name)
            if value is None:
                return None
        return None if value.text == "null" else value

    def member(self, value, name):
        if value.kind == "array":
            return value.items[int(name)] if name.isdigit() and int(name) < len(value.items) else None
        if value.kind != "object" or name.isdigit():
            return None
        names = {name, name[:1].upper() + name[1:]} if self.any_case else {name}
        return next((item for key, item in value.items if strict.unescaped(key) in names), None)


@dataclass
class Given:
    """One log event: what is known of it, and its fields."""

    context: dict
    fields: object
    accounts: dict
    ocsf: bool
    rows: tuple = ()


def documents(schema, source, given):
    """The document of each layout of the source: one of them is right, and the page says in words which."""
    return [document(layout.rows, given) for layout in _layouts(schema, source)]


def document(rows, given):
    given = replace(given, rows=rows)
    whole = {}
    for row in rows:
        if "[]" not in row.place:
            put(whole, row.place.split("."), in_words.value(row, whole, given) if row.text in in_words.WORDS else value_of(row, given))
    return whole


def value_of(row, given):
    value = rest(given) if row.text == REST else evaluated(row, parsed(row.text), given)
    alone = row.type.startswith("array of") and value not in (None, in_words.UNDECIDED) and not isinstance(value, list)
    return [value] if alone else value


@functools.cache
def _layouts(schema, source):
    return tuple(page.layouts(schema, source))


@functools.cache
def of_items(rows, place):
    """The rows of the items of an array."""
    prefix = f"{place}[]."
    return tuple(page.Row(row.place.removeprefix(prefix), row.type, row.text) for row in rows if row.place.startswith(prefix))


def put(whole, path, value):
    """Sets a place; absent values leave no trace."""
    if value is None:
        return
    for name in path[:-1]:
        whole = whole.setdefault(name, {})
    if isinstance(value, dict) and isinstance(whole.get(path[-1]), dict):
        whole[path[-1]] |= value
    else:
        whole[path[-1]] = value


@functools.cache
def parsed(text):
    """The term of a row; None for one that is in words."""
    try:
        return terms.Reader(text, CONTEXT, in_words.CONDITIONS).whole()
    except ValueError:
        return None


def evaluated(row, term, given):
    """What stands in the place of a row; None if nothing does."""
    if isinstance(term, terms.Always):
        return of_json(term.json)
    if isinstance(term, terms.Field):
        return of_field(row, term, given)
    if isinstance(term, terms.Phrase):
        return of_context(row, CONTEXT[term.words], given)
    if isinstance(term, terms.First):
        return next((value for each in term.terms if (value := evaluated(row, each, given)) is not None), None)
    if isinstance(term, terms.Name):
        account = evaluated(row, term.of, given)
        return given.accounts.get(account) if isinstance(account, str) else None
    if isinstance(term, terms.When) and term.condition == in_words.NO_ADDRESS:
        value = evaluated(row, term.term, given)
        return None if value is None or in_words.is_address(value) else value
    if isinstance(term, terms.When):
        holds = in_words.holds(term.condition, given)
        return in_words.UNDECIDED if holds is None else evaluated(row, term.term, given) if holds else None
    if isinstance(term, terms.Members):
        return of_members(row, term, given)
    if isinstance(term, terms.Each):
        return of_each(row, term, given) or None
    if isinstance(term, terms.All):
        found = [value for each in term.terms for value in listed(row, each, given)]
        return in_words.UNDECIDED if in_words.UNDECIDED in found else without_repeats(found) or None
    return in_words.UNDECIDED


def listed(row, term, given):
    """What a term of a list adds to it."""
    if isinstance(term, terms.Each):
        return of_each(row, term, given)
    value = evaluated(row, term, given)
    return [] if value is None else [value]


def of_each(row, term, given):
    """A value of each object in an array, if it has one."""
    found = given.fields.get(term.path)
    items = found.items if found is not None and found.kind == "array" else ()
    inside = [replace(given, fields=JsonFields(item, given.fields.any_case)) for item in items if item.kind == "object"]
    return [value for each in inside if (value := evaluated(row, term.term, each)) is not None]


def of_members(row, term, given):
    """An object, if it has more than what is always there."""
    whole, more = {}, False
    for name, kind, each in term.members:
        value = evaluated(page.Row(f"{row.place}.{name}", kind, row.text), each, given)
        more = more or (value is not None and not isinstance(each, terms.Always))
        put(whole, name.split("."), value)
    return in_words.UNDECIDED if in_words.UNDECIDED in whole.values() else whole if more else None


def without_repeats(values):
    return [value for at, value in enumerate(values) if value not in values[:at]]


def of_field(row, term, given):
    found = given.fields.get(term.path)
    if found is None:
        return None
    if term.cases:
        text = found if isinstance(found, str) else in_words.scalar(found)
        if term.by_version:
            text = str(ipaddress.ip_address(text).version) if text and in_words.is_address(text) else None
        return next((of_json(to) for case, to in term.cases if case == text), None)
    kind = row.type.removeprefix("array of ")
    if row.type == "array of object" and not isinstance(found, str):
        return of_objects(row, found, given)
    if isinstance(found, str):
        return of_text(row.place, kind, found, given)
    if term.items:
        values = [converted(row.place, kind, item, given) for item in (found.items if found.kind == "array" else ())]
        return [value for value in values if value is not None] or None
    return converted(row.place, kind, found, given)


def of_objects(row, found, given):
    values = found.items if found.kind == "array" else ()
    values = [value for value in values if value.kind == "object"]
    made = [document(of_items(given.rows, row.place), replace(given, fields=JsonFields(value, given.fields.any_case))) for value in values]
    return [value for value in made if value] or None


def of_text(place, kind, text, given):
    """A field of a flow log."""
    if kind == "IP address":
        return text if in_words.is_address(text) else None
    is_time = given.ocsf and TIME.fullmatch(place)
    if (kind == "time" or is_time) and int(text) > LAST_SECOND:
        return None
    if kind == "time":
        return given.context["time_of"](int(text) * 1000)
    if kind == "integer":
        return in_words.Number(str(int(text) * 1000) if is_time else text)
    return text


def of_date(kind, text, given):
    """A time that JSON has as text, or None if there is no such time."""
    milliseconds = given.context["milliseconds_of"](text)
    if milliseconds is None:
        return None
    if kind == "integer":
        return in_words.Number(str(milliseconds))
    return text if USUAL.fullmatch(text) else given.context["time_of"](milliseconds)


def converted(place, kind, value, given):
    """A value of JSON as one of the type, or None."""
    text = in_words.scalar(value)
    if kind == "string":
        return value.text if text is None else text
    if text is None:
        return None
    if kind == "IP address":
        return text if in_words.is_address(text) else None
    if kind == "boolean":
        return {"true": True, "false": False}.get(text)
    if kind == "time" or (kind == "integer" and given.ocsf and TIME.fullmatch(place)):
        return of_date(kind, text, given) if value.kind == "string" and DATE.fullmatch(text) else in_words.UNDECIDED
    if kind == "integer to 65,535":
        return in_words.Number(text) if re.fullmatch(r"0|[1-9]\d{0,4}", text) and int(text) <= 65_535 else None
    if kind == "number":
        return in_words.Number(text) if value.kind == "number" else None
    if kind == "integer":
        # What becomes of a fraction is not said.
        otherwise = in_words.UNDECIDED if re.fullmatch(r"-?\d+\.\d+", text) else None
        return in_words.Number(text) if re.fullmatch(r"0|-?[1-9]\d{0,17}", text) else otherwise
    return in_words.UNDECIDED


def of_context(row, name, given):
    value = given.context[name]
    if name == "time" and row.type == "integer":
        return in_words.Number(str(given.context["milliseconds"]))
    return value


def of_json(text):
    return json.loads(text, parse_int=in_words.Number, parse_float=in_words.Number)


def rest(given):
    """What no other row copies; undecided if a row is not understood."""
    if any(parsed(row.text) is None and row.text not in {*in_words.WORDS, *in_words.OF_NO_FIELD} for row in given.rows if row.text != REST):
        return in_words.UNDECIDED
    read = set().union(*(copied(parsed(row.text)) for row in given.rows if row.text != REST and "[]" not in row.place))
    if isinstance(given.fields, FlowFields):
        names = page.flow_log_fields()
        return {names[name][0]: text for name, text in given.fields.fields.items() if name not in read} or None
    return dict(leaves(given.fields, given.fields.value, "", read, read | in_words.paths(given.rows))) or None


def leaves(fields, value, path, read, known):
    """Each field by path, whole if nothing of it is known."""
    for key, item in value.items:
        # No index takes an empty name.
        name = strict.unescaped(key) or "_"
        names = [f"{path}{each}" for each in (name, name[:1].lower() + name[1:])[: 1 + fields.any_case]]
        if item.text == "null" or read & set(names):
            continue
        inside = next((each for each in names if any(other.startswith(f"{each}.") for other in known)), None)
        if inside and item.kind == "object":
            yield from leaves(fields, item, f"{inside}.", read, known)
        else:
            text = in_words.scalar(item)
            yield next((each for each in names if each in known), names[0]), item.text if text is None else text


def copied(term):
    """The paths of the fields of a term."""
    if isinstance(term, terms.Field):
        return {term.path}
    if isinstance(term, terms.Each):
        return {term.path}
    if isinstance(term, terms.Members):
        return set().union(*(copied(each) for *_, each in term.members))
    if isinstance(term, terms.When):
        return copied(term.term)
    if isinstance(term, (terms.First, terms.All)):
        return set().union(*map(copied, term.terms))
    return set()
