"""The columns of the Glue table: the members of the lines in the golden batches. This file writes them into the template.

The golden batches are what the transformer writes, each member at least once, and change with it. A template marks the place with
a comment, `Columns: # tests/batches, without NAME, NAME`. It names the partitions, which must not be columns too.
"""

import json
import re
import tomllib

import policies

BATCHES = policies.ROOT / "tests" / "batches"
LINE = re.compile(r"^  \| (\{.+\})$", re.MULTILINE)
MARKER = re.compile(r"^(?P<lead> +)Columns: # tests/batches, without (?P<partitions>[\w, ]+)$")
TYPES = {str: "string", int: "bigint", bool: "boolean"}
# `timestamp` is a keyword of Hive: https://docs.aws.amazon.com/firehose/latest/APIReference/API_OpenXJsonSerDe.html
COLUMNS = {"timestamp": "!Ref TimeColumn"}


def members():
    """The members of a line in the format `events` and the schema `none`, in order, with their types in Glue."""
    found = {}
    for response in sorted(BATCHES.glob("*/response.txt")):
        settings = tomllib.loads(response.with_name("batch.toml").read_text()).get("settings", {})
        if settings.get("CATCHMENT_FORMAT", "events") != "events" or settings.get("CATCHMENT_SCHEMA", "none") != "none":
            continue
        for line in LINE.findall(response.read_text()):
            for name, value in json.loads(line).items():
                kind = None if value is None else TYPES[type(value)]
                if None not in (kind, found.setdefault(name, kind)) and kind != found[name]:
                    raise ValueError(f"{response.parent.name}: {name} is {kind} here and {found[name]} before")
                found[name] = found[name] or kind
    return found


def rewrite(text):
    """The template, with the columns of each table written again."""
    blocks = {}
    for number, line in enumerate(text.splitlines()):
        if marker := MARKER.match(line):
            partitions = marker["partitions"].split(", ")
            columns = {COLUMNS.get(name, name): kind for name, kind in members().items() if name not in partitions}
            lead = marker["lead"]
            blocks[number] = (len(lead), [f"{lead}  - {{Name: {name}, Type: {kind}}}" for name, kind in columns.items()])
    return policies.replaced(text, blocks)


if __name__ == "__main__":
    policies.rewrite_templates(rewrite)
