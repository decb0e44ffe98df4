"""Rules, as Sigma's specification and the README describe them, over the fields of the schema `native`."""

import ipaddress
import json
import re

import in_words
import page
from documents import FlowFields

TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")


def decision(rules, source, fields):
    """What the first rule that fits says: `keep`, `drop`, or the rate of a sample."""
    for rule in rules:
        if rule["source"] == source and Condition(rule["detection"], fields).holds():
            return rule.get("rate") if rule["action"] == "sample" else rule["action"]
    return "keep"


class Condition:
    """A condition over named selections."""

    def __init__(self, detection, fields):
        self.names = {name: value for name, value in detection.items() if name != "condition"}
        self.fields, self.tokens = fields, TOKEN.findall(detection["condition"])

    def holds(self):
        found = self.any()
        if self.tokens:
            raise ValueError(f"more behind the condition: {self.tokens}")
        return found

    def any(self):
        found = self.all()
        while self.skip("or"):
            found = self.all() or found
        return found

    def all(self):
        found = self.one()
        while self.skip("and"):
            found = self.one() and found
        return found

    def one(self):
        if self.skip("not"):
            return not self.one()
        if self.skip("("):
            found = self.any()
            self.tokens.pop(0)
            return found
        word = self.tokens.pop(0)
        if word in ("1", "all") and self.skip("of"):
            pattern = self.tokens.pop(0)
            those = [name for name in self.names if (not name.startswith("_") if pattern == "them" else wild(pattern, name, cased=True))]
            return (any if word == "1" else all)(self.selected(self.names[name]) for name in those)
        return self.selected(self.names[word])

    def skip(self, word):
        found = bool(self.tokens) and self.tokens[0].lower() == word
        if found:
            self.tokens.pop(0)
        return found

    def selected(self, selection):
        """All fields of a map; any map of a list."""
        if isinstance(selection, list):
            return any(map(self.selected, selection))
        return all(fits(self.fields, name, value) for name, value in selection.items())


def fits(fields, name, wanted):
    """Whether a field has one of the values, or all of them."""
    path, *modifiers = name.split("|")
    found = text_at(fields, path)
    values = wanted if isinstance(wanted, list) else [wanted]
    combine = all if "all" in modifiers else any
    cased = "cased" in modifiers
    kind = next((each for each in modifiers if each not in ("all", "cased")), "")
    return combine(is_one(found, kind, value, cased) for value in values)


def is_one(found, kind, value, cased):
    if kind == "exists":
        return (found is not None) == value
    if value is None:
        return found is None
    if found is None:
        return False
    if kind in ("lt", "lte", "gt", "gte"):
        try:
            number = float(found)
        except ValueError:
            return False
        return {"lt": number < value, "lte": number <= value, "gt": number > value, "gte": number >= value}[kind]
    if kind == "cidr":
        return in_words.is_address(found) and ipaddress.ip_address(found) in ipaddress.ip_network(value)
    if kind == "re":
        return re.search(value, found) is not None
    text = value if isinstance(value, str) else json.dumps(value)
    before, behind = {"contains": ("*", "*"), "startswith": ("", "*"), "endswith": ("*", "")}.get(kind, ("", ""))
    return wild(f"{before}{text}{behind}", found, cased)


def wild(pattern, text, cased):
    """Sigma's wildcards; a backslash before one, or before a backslash, takes its meaning away."""
    made, at = "", 0
    while at < len(pattern):
        if pattern[at] == "\\" and pattern[at + 1 : at + 2] in ("*", "?", "\\"):
            at += 1
            made += re.escape(pattern[at])
        else:
            made += {"*": ".*", "?": "."}.get(pattern[at]) or re.escape(pattern[at])
        at += 1
    return re.fullmatch(made, text, re.DOTALL | (0 if cased else re.IGNORECASE)) is not None


def text_at(fields, path):
    """The value of a field as text, by its name in `native`."""
    if isinstance(fields, FlowFields):
        return next((text for name, text in fields.fields.items() if page.flow_log_fields()[name][0] == path), None)
    value = fields.get(path)
    return None if value is None else in_words.scalar(value)
