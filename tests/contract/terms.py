"""What the page of the schemas says of a value, as a tree.

    value:     chain, chain …            several: a list of those that there are
    chain:     unit, or else unit …      the first that there is
    unit:      atom[, if condition[, and condition]]
    atom:      [always ]`JSON` | [the items of ]`path`[ (version N)][[, by its version of IP]: FROM: `JSON`, …]
               | {`name` (type): value; …} | (value) | a phrase
               | of each of `path`: unit
"""

import re
from dataclasses import dataclass

import in_words

PATH = re.compile(r"`([^`]+)`(?: \(version \d+\))?")
ALWAYS = re.compile(r'(?:always )?`(["\[][^`]*|\d+|true|false)`')
MEMBER = re.compile(r"`([^`]+)` \(([^)]+)\): ")
CASE = re.compile(r"(?:: |, )([A-Za-z0-9.]+): `([^`]*)`")
NAME = "the name that the settings have for "


@dataclass(frozen=True)
class Always:
    json: str


@dataclass(frozen=True)
class Field:
    path: str
    cases: tuple = ()
    items: bool = False
    by_version: bool = False


@dataclass(frozen=True)
class Phrase:
    """Words that the reader of documents knows, or leaves undecided."""

    words: str


@dataclass(frozen=True)
class Name:
    of: object


@dataclass(frozen=True)
class First:
    terms: tuple


@dataclass(frozen=True)
class All:
    terms: tuple


@dataclass(frozen=True)
class Members:
    """An object: the name, the type and the value of each member."""

    members: tuple


@dataclass(frozen=True)
class Each:
    """A value of each object in an array."""

    path: str
    term: object


@dataclass(frozen=True)
class When:
    term: object
    condition: str


class Reader:
    """Reads one text. `phrases` and `conditions` are all that may stand there in words."""

    def __init__(self, text, phrases, conditions):
        self.text, self.at = text, 0
        self.phrases, self.conditions = (sorted(words, key=len, reverse=True) for words in (phrases, conditions))

    def whole(self):
        value = self.value()
        if self.at != len(self.text):
            raise ValueError(f"not understood: {self.text[self.at:]} of {self.text}")
        return value

    def value(self):
        chains = [self.chain()]
        while self.skip(", "):
            chains.append(self.chain())
        return chains[0] if len(chains) == 1 else All(tuple(chains))

    def chain(self):
        units = [self.unit()]
        while self.skip(", or else "):
            units.append(self.unit())
        return units[0] if len(units) == 1 else First(tuple(units))

    def unit(self):
        atom = self.atom()
        before = ", if "
        while self.skip(before):
            plain = in_words.THERE_IS.match(self.text, self.at) or in_words.ARE_THERE.match(self.text, self.at)
            self.at = plain.end() if plain else self.at
            atom, before = When(atom, plain[0] if plain else self.words(self.conditions)), ", and "
        return atom

    def atom(self):
        if phrase := self.words(self.phrases, must=False):
            return Phrase(phrase)
        if self.skip(NAME):
            return Name(self.chain())
        if self.skip("("):
            value = self.value()
            self.expect(")")
            return value
        if self.skip("{"):
            members = []
            while not members or self.skip("; "):
                member = self.match(MEMBER)
                members.append((member[1], member[2], self.value()))
            self.expect("}")
            return Members(tuple(members))
        if always := ALWAYS.match(self.text, self.at):
            self.at = always.end()
            return Always(always[1])
        if self.skip("of each of "):
            path = self.match(PATH)[1]
            self.expect(": ")
            return Each(path, self.unit())
        items = self.skip("the items of ")
        path = self.match(PATH)[1]
        cases, by_version = [], self.skip(", by its version of IP")
        while found := CASE.match(self.text, self.at):
            self.at = found.end()
            cases.append((found[1], found[2]))
        return Field(path, tuple(cases), items, by_version)

    def skip(self, words):
        found = self.text.startswith(words, self.at)
        self.at += len(words) if found else 0
        return found

    def expect(self, words):
        if not self.skip(words):
            raise ValueError(f"no {words!r} at {self.text[self.at:]} of {self.text}")

    def match(self, pattern):
        found = pattern.match(self.text, self.at)
        if not found:
            raise ValueError(f"not understood: {self.text[self.at:]} of {self.text}")
        self.at = found.end()
        return found

    def words(self, known, must=True):
        for words in known:
            if self.skip(words):
                return words
        if must:
            raise ValueError(f"an unknown condition: {self.text[self.at:]} of {self.text}")
        return None
