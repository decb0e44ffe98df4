"""Opens delivered objects of OCSF in DuckDB, and compares the columns' types with the tables of the schemas.

    python tests/pipeline/columns.py FOLDER SCHEMA

FOLDER holds the objects under their keys. Prints, as JSON, the ids of the events of each partition and the columns that differ.
"""

import json
import re
import sys
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))

import page

SOURCES = ("vpc-flow-logs", "cloudtrail", "guardduty")
# What DuckDB infers from values of the types that the tables name. It takes a string for more than that if all values of the column look so.
STRING = {"varchar", "uuid", "date", "time", "timestamp"}
INFERRED = {
    "string": STRING,
    "IP address": {"varchar"},
    "integer": {"bigint"},
    "integer to 65,535": {"bigint"},
    "number": {"bigint", "double"},
    "boolean": {"boolean"},
}
MEMBER = re.compile(r"`([a-z_.\[\]]+)` \(([^)]+)\): ")


def main():
    folder, schema = sys.argv[1:]
    engine = duckdb.connect()
    rows = engine.sql(f"SELECT account, class, class_uid::VARCHAR, metadata.uid FROM {objects(folder, '*')}").fetchall()
    partitions = {}
    for account, partition, _, event in rows:
        partitions.setdefault(f"{account}/{partition}", []).append(event)
    print(json.dumps({"partitions": partitions, "wrong": wrong(engine, folder, schema, rows)}))


def objects(folder, partition):
    """The objects of a class. Every value decides on the types, and each place is a column."""
    inferred = "union_by_name = true, sample_size = -1, map_inference_threshold = -1"
    return f"read_json('{folder}/logs/*/class={partition}/**/*.jsonl.gz', hive_partitioning = true, hive_types_autocast = false, {inferred})"


def wrong(engine, folder, schema, rows):
    """What differs from the tables, class by class."""
    found = [f"class {partition} holds an event of {of}" for _, partition, of, _ in rows if partition != of]
    of_class = {
        next(row.text for row in layout.rows if row.place == "class_uid").strip("always `"): layout.rows
        for source in SOURCES
        for layout in page.layouts(schema, source)
    }
    for partition in sorted({partition for _, partition, *_ in rows}):
        table = engine.sql(f"SELECT * EXCLUDE (account, class, year, month, day) FROM {objects(folder, partition)}")
        said, seen = types(of_class[partition]), set()
        for column, type_ in zip(table.columns, table.types, strict=True):
            for place, inferred in leaves(column, type_):
                kind = said.get(place) or ("string" if place.startswith("unmapped.") else None)
                seen.add(place)
                if not kind:
                    found.append(f"class {partition}: the table has no {place}, a column of type {inferred}")
                elif inferred not in INFERRED[kind]:
                    found.append(f"class {partition}: {place} is of type {inferred}, and the table says {kind}")
        always = {row.place for row in of_class[partition] if re.fullmatch("always `[^`]*`", row.text) and not row.type.startswith("array of obj")}
        found += [f"class {partition}: no column {place}" for place in sorted(always - {place.removesuffix("[]") for place in seen})]
    return found


def leaves(place, type_):
    """The places below one column, with DuckDB's types of what stands there; `[]` is for the items of a list."""
    if type_.id == "list":
        yield from leaves(f"{place}[]", type_.children[0][1])
    elif type_.id == "struct":
        for name, child in type_.children:
            yield from leaves(f"{place}.{name}", child)
    else:
        yield place, str(type_.id)


def types(rows):
    """The type of each place, by the rows and by what they say of the members of objects."""
    said, members = {}, {}
    for row in rows:
        if row.type.endswith("object"):
            items = "[]" if row.type.startswith("array") else ""
            members |= dict(typed(f"{row.place}{items}.{name}", kind) for name, kind in MEMBER.findall(row.text))
        else:
            said |= dict([typed(row.place, row.type)])
    return members | said


def typed(place, kind):
    """A place with its type; that of its items, if it is an array."""
    of_items = kind.removeprefix("array of ")
    return place + ("[]" if of_items != kind else ""), of_items


if __name__ == "__main__":
    main()
