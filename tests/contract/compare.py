"""The answers of the real transformer beside those that are right."""

import base64
import json
import os
import subprocess
import zlib
from collections import Counter
from dataclasses import dataclass
from multiprocessing import Pool

import faults
import lines
import redaction
from batches import Batch, Record, batch, every_setting
from reading import RESPONSE_BYTES_MAX, Refused, answers

# Batches that one process is given; settings that each of them is answered under.
SHARE, SETTINGS, SCHEMAS = 6, 6, 1


@dataclass
class Difference:
    """One answer that is not the right one."""

    index: int
    settings: object
    record: Record
    batch: Batch
    want: object
    got: object
    what: str


def flags(settings):
    """The settings as `catchment replay` takes them."""
    pairs = {
        "format": settings.format,
        "compression": settings.compression,
        "partition-keys": ",".join(settings.partition_keys),
        "sources": json.dumps(settings.sources) if settings.sources else "",
        "max-decoded-mib": str(settings.max_decoded_mib),
        "schema": "" if settings.schema == "none" else settings.schema,
        "original": "" if settings.original == "keep" else settings.original,
        "accounts": json.dumps(settings.accounts) if settings.accounts else "",
        "rules": json.dumps(settings.rules) if settings.rules else "",
        "redact": json.dumps(settings.redact) if settings.redact else "",
        "redact-key": str(redaction.KEY) if settings.redact else "",
    }
    return ["replay", "--response", *(part for name, value in pairs.items() if value for part in (f"--{name}", value))]


def run(command, settings, events):
    """The responses to `events`: bytes, as Lambda would count them. A batch that was refused is its reason."""
    ran = subprocess.run([*command, *flags(settings)], input=b"\n".join(events), capture_output=True, check=False)
    responses = ran.stdout.splitlines()
    if len(responses) != len(events) and len(events) > 1:
        return [response for event in events for response in run(command, settings, [event])]
    if not responses and ran.returncode == 1:
        # `catchment` says it on standard error.
        return [json.dumps({"refused": ran.stderr.decode(errors="replace")}).encode()]
    if len(responses) != len(events):
        raise RuntimeError(f"{len(responses)} responses to {len(events)} events, exit {ran.returncode}: {ran.stderr.decode(errors='replace')[-2000:]}")
    return responses


def run_of_shares(command, seed, least, only=None, schemas=SCHEMAS):
    """Compares share after share on every core, until there are as many answers as asked for."""
    seen, differences = Counter(), []
    with Pool(os.cpu_count()) as pool:
        numbers = [only] if only is not None else range(1 << 30)
        waiting = iter(numbers)
        running = []
        while True:
            while len(running) < os.cpu_count() + 2 and sum(seen.values()) < least and (number := next(waiting, None)) is not None:
                running.append(pool.apply_async(share, (command, seed, number, schemas)))
            if not running:
                return seen, differences
            of_share, found = running.pop(0).get()
            seen.update(of_share)
            differences += found


def share(command, seed, number, schemas=SCHEMAS):
    """Compares one share: how many answers, by kind, and the differences."""
    indices = range(number * SHARE, (number + 1) * SHARE)
    made = [batch(seed, index) for index in indices]
    seen, differences = {}, []
    for settings in every_setting(seed, number, SETTINGS, schemas):
        for index, each, response in zip(indices, made, run(command, settings, [each.event for each in made]), strict=True):
            for record in each.records:
                seen[record.kind] = seen.get(record.kind, 0) + 1
            differences += compared(index, settings, each, response)
    return seen, differences


def compared(index, settings, each, response):
    """The differences in one response."""
    try:
        right = answers(each.event, settings)
    except Refused as refused:
        right = refused
    found = json.loads(response)
    if "refused" in found or isinstance(right, Refused):
        if "refused" in found and isinstance(right, Refused) and str(right) in found["refused"]:
            return []
        return [Difference(index, settings, each.records[0], each, repr(right), response[:300].decode(), "refused")]
    given = found["records"]
    ids = [answer.id for answer in right]
    if [answer["recordId"] for answer in given] != ids or len(response) > RESPONSE_BYTES_MAX:
        return [Difference(index, settings, each.records[0], each, ids, [answer["recordId"] for answer in given], f"ids, or {len(response)} bytes")]
    differences = []
    for record, want, answer in zip(each.records, right, given, strict=True):
        got = of_json(answer, settings)
        if record.kind in faults.FAILS and want.result == "Ok":
            differences.append(Difference(index, settings, record, each, "ProcessingFailed", want, "the reading itself"))
        if what := difference(want, got, each.brim):
            differences.append(Difference(index, settings, record, each, want, got, what))
    if each.brim and not differences:
        differences += left_out(index, settings, each, response, right, given)
    return differences


def of_json(answer, settings):
    """One answer of a response, its data opened."""
    data = answer.get("data")
    if answer["result"] == "Ok" and data is not None:
        data = base64.b64decode(data, validate=True)
        data = gunzipped(data) if settings.compression == "gzip" else data
    unknown = set(answer) - {"recordId", "result", "data", "metadata"}
    keys = answer.get("metadata", {}).get("partitionKeys") if answer.get("metadata") else None
    return answer["result"] if not unknown else f"{answer['result']} with {unknown}", data, keys


def gunzipped(data):
    """All members of a valid gzip file."""
    out = b""
    while data:
        inflate = zlib.decompressobj(31)
        out += inflate.decompress(data)
        if not inflate.eof:
            return b"(gzip cut short) " + out
        data = inflate.unused_data
    return out


def difference(want, got, brim):
    """What differs, in a word; empty if nothing does."""
    result, data, keys = got
    if brim and want.result != result and result == "ProcessingFailed":
        return "" if data in (None, want.data) or want.result == "Ok" else "data"
    if isinstance(want.data, list) and result == "Dropped" and all(isinstance(line, lines.Sampled) for line in want.data):
        return "" if data is keys is None else "data"
    if result != want.result:
        return "result"
    if brim and result == "ProcessingFailed" and data is None:
        return ""
    if isinstance(want.data, list) and data is not None:
        if lines.differences(want.data, data):
            return "data"
    elif data != want.data:
        return "data"
    return "" if keys == want.keys else "keys"


def left_out(index, settings, each, response, right, given):
    """At the brim: an answer may be left out only if there is no room for it, not even in place of the originals."""
    spare = RESPONSE_BYTES_MAX - len(response) + sum(
        len(answer["data"]) + len(',"data":""') for answer in given if answer["result"] == "ProcessingFailed" and "data" in answer
    )
    differences = []
    for record, want, answer in zip(each.records, right, given, strict=True):
        if want.result == "Ok" and answer["result"] != "Ok":
            metadata = json.dumps({"partitionKeys": want.keys}, separators=(",", ":"), ensure_ascii=False) if want.keys else ""
            length = length_of(want.data)
            if length is None:
                continue
            needs = len(',"data":""') + (length + 2) // 3 * 4 + (len(',"metadata":') + len(metadata.encode()) if metadata else 0)
            needs += len("Ok") - len("ProcessingFailed")
            if needs <= spare and settings.compression == "none":
                differences.append(Difference(index, settings, record, each, f"Ok: {needs} bytes, {spare} are spare", answer["result"], "left out"))
    return differences


def length_of(data):
    """How many bytes an answer carries; None if its lines leave that open."""
    if isinstance(data, bytes):
        return len(data)
    return sum(len(line.text.encode()) + 1 for line in data) if all(isinstance(line, lines.Exact) and not line.misfit for line in data) else None
