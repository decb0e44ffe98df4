"""Redactions, as the README describes them: a message's text with values masked or replaced by their hash, all else as it was."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import lines
import sources
import strict

KEY = Path(__file__).with_name("redact.key")
# The member without which no message is as its source writes it.
REQUIRED = {"cloudtrail": "eventVersion", "guardduty": "detail", "route53-resolver-query-logs": "query_name"}


class NotRedacted(ValueError):
    """A message is not as its source writes it, so that what to redact of it is not known."""


def redacted(message, settings):
    """The message with what is redacted of its events; it is still told by what it was."""
    told = sources.source_of(message, settings.sources)
    form = lines.format_of(message, settings)
    events = [redacted_event(event, told, form, settings) for event in message.events]
    return replace(message, events=events, told=told)


def redacted_event(event, told, form, settings):
    source = told if told != "other" else sources.by_content(strict.replaced(strict.unescaped(event.message)))
    wanted = [(field, each["action"]) for each in settings.redact if each["source"] == source for field in each["fields"]]
    if not wanted:
        return event
    text = strict.unescaped(event.message)
    is_line = source == "vpc-flow-logs" and not lines.OBJECT.match(text)
    if source != "vpc-flow-logs":
        changes = in_json(text, source, wanted)
    elif not strict.is_utf_8(text) or strict.has_half(event.message):
        raise NotRedacted(source)
    else:
        changes = in_line(text, form, dict(wanted)) if is_line else in_parsed(text, wanted)
    if is_line and "\\" in event.message and changes:
        # A line with escapes is written anew.
        return replace(event, message=json.dumps(spliced(text, changes), ensure_ascii=False))
    places = places_of(event.message)
    changes = [(places[begin], places[end], json.dumps(new)[1:-1]) for begin, end, new in changes]
    return replace(event, message=spliced(event.message, changes))


def in_line(text, form, wanted):
    """What changes in a line of a flow log."""
    names = form or lines.DEFAULT
    try:
        fields = lines.flow_line(text, names, default=not form)
    except lines.Misfit as misfit:
        raise NotRedacted("vpc-flow-logs") from misfit
    at, changes = 0, []
    for name, word in zip(names, text.rstrip(" \t\r\n").split(" "), strict=True):
        if name in wanted and name in fields:
            changes.append((at, at + len(word), hashed(fields[name]) if wanted[name] == "hash" else "-"))
        at += len(word) + 1
    return changes


def in_parsed(text, wanted):
    """What changes in a flow log that `parseVPC` has made an object: its members, as the fields of its line."""
    value = lines.json_of(text)
    try:
        lines.parsed_flow_log(value)
    except lines.Misfit as misfit:
        raise NotRedacted("vpc-flow-logs") from misfit
    paths = [([lines.member_of(name)], action) for name, action in wanted if name in lines.DEFAULT]
    return in_tokens(text, value, {at: place for at, place in at_paths(value, paths, "-") if value.tokens[at] != '"-"'})


def in_json(text, source, wanted):
    """What changes in a message of JSON: each value at a path, in any depth of arrays."""
    value = lines.json_of(text)
    if value is None or value.kind != "object" or REQUIRED[source] not in {strict.unescaped(key) for key, _ in value.items}:
        raise NotRedacted(source)
    paths = [(path.split("."), action) for path, action in wanted]
    return in_tokens(text, value, dict(at_paths(value, paths, "[REDACTED]", source == "guardduty")))


def in_tokens(text, value, found):
    """What changes in a text, by what stands in the place of its tokens."""
    changes, position, index = [], 0, 0
    while index < len(value.tokens):
        position = strict.SPACE.match(text, position).end()
        begin = position
        end, new = found.get(index, (index + 1, None))
        for token in value.tokens[index:end]:
            position = strict.SPACE.match(text, position).end() + len(token)
        if new is not None:
            changes.append((begin, position, new))
        index = end
    return changes


def at_paths(value, paths, mask, any_case=False):
    """The tokens of each value at one of the paths, and what stands in their place."""
    whole = [action for path, action in paths if not path]
    if value.kind == "array":
        for item in value.items:
            yield from at_paths(item, paths, mask, any_case)
    elif whole:
        if value.text != "null":
            yield value.begin, (value.end, in_place_of(value, whole[0], mask))
    elif value.kind == "object":
        for key, item in value.items:
            inner = [(path[1:], action) for path, action in paths if is_key(path[0], strict.unescaped(key), any_case)]
            yield from at_paths(item, inner, mask, any_case)


def is_key(known, key, any_case):
    return key == known or (any_case and key[:1].lower() + key[1:] == known)


def in_place_of(value, action, mask):
    if value.kind == "object":
        return "null"
    if action == "hash":
        return f'"{hashed(strict.replaced(strict.unescaped(value.text)) if value.kind == "string" else value.text)}"'
    return f'"{mask}"' if value.kind == "string" else "null"


def hashed(text):
    return hmac.new(KEY.read_bytes(), text.encode(), hashlib.sha256).hexdigest()[:32]


def spliced(text, changes):
    made, at = [], 0
    for begin, end, new in changes:
        made += (text[at:begin], new)
        at = end
    return "".join((*made, text[at:]))


def places_of(literal):
    """Where in a string literal each character of its text stands, and where the text ends."""
    places, at = [], 1
    while at < len(literal) - 1:
        places.append(at)
        escape = strict.ESCAPE.match(literal, at)
        at = escape.end() if escape else at + 1
    return [*places, at]
