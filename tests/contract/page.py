"""The tables of crates/transformer/src/schema/README.md, which say where each value of a document comes from."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "crates/transformer/src/schema/README.md"
VERSIONS = re.compile(r"Only in ([0-9.]+)")


@dataclass(frozen=True)
class Row:
    """One line of a table: where a value stands, of which type, and what it comes from."""

    place: str
    type: str
    text: str


@dataclass(frozen=True)
class Layout:
    """One kind of document of a source."""

    title: str
    rows: tuple


def layouts(schema, source):
    """The layouts of a source in a schema, each with the rows of the schema's version alone, too."""
    sections = _sections()
    names = next(names for names in {names for names, *_ in sections} if schema in names)
    found = []
    for those, of, title, rows in sections:
        if those != names or of != source:
            continue
        only = VERSIONS.fullmatch(title)
        if not only:
            found.append(Layout(title, rows))
        elif only[1].startswith(schema.rpartition("-")[2]):
            found[-1] = Layout(found[-1].title, found[-1].rows + rows)
    return found


@functools.cache
def says(words):
    """Whether the page has these words."""
    return words in PAGE.read_text()


@functools.cache
def flow_log_fields():
    """The fields of flow logs, by AWS's name: what they become in `native`, and as which type."""
    fields = {}
    for line in PAGE.read_text().splitlines():
        cells = _cells(line)
        if len(cells) == 4 and cells[0].startswith("`") and cells[1].isdigit():
            fields[cells[0].strip("`")] = (cells[2].strip("`"), cells[3])
    return fields


@functools.cache
def _sections():
    """Each table of documents: the schemas' names, the source, the title of the layout, the rows."""
    sections, schemas, source, title, inside = [], (), "", "", False
    for line in PAGE.read_text().splitlines():
        cells = _cells(line)
        if line.startswith("## "):
            schemas, source, title = tuple(re.findall(r"`([^`]+)`", line)), "", ""
        elif line.startswith("### "):
            source, title = line[4:].strip("`"), ""
        elif line.startswith("#### "):
            title = line[5:]
        elif cells == ["in the document", "type", "from"]:
            inside = True
            sections.append((schemas, source, title, ()))
        elif inside and cells and cells[0] != "---":
            place, kind, text = cells
            sections[-1] = (schemas, source, title, sections[-1][3] + (Row(place.strip("`"), kind, text),))
        inside = inside and bool(line.startswith("|"))
    return sections


def _cells(line):
    return line.removeprefix("| ").removesuffix(" |").split(" | ") if line.startswith("| ") else []
