"""Differences for a person: one of each sort, as small as it can be made, and how many there were."""

import base64
import json
from dataclasses import replace

import lines as documents
import opening
from batches import Batch, Record
from compare import SHARE, compared, flags, run

TRIES = 150
WIDTH = 700


def report(command, seed, differences, most):
    """The differences by sort, the most frequent first."""
    sorts = {}
    for difference in differences:
        kind = "batch" if difference.what == "refused" else difference.record.kind
        sorts.setdefault((kind, difference.what, results(difference)), []).append(difference)
    text = f"{len(differences)} differences of {len(sorts)} sorts\n" if differences else "no difference\n"
    for (kind, what, between), found in sorted(sorts.items(), key=lambda sort: -len(sort[1]))[:most]:
        forms = sorted({f"{each.settings.format}/{each.settings.compression}" for each in found})
        text += f"\n{len(found)} × {kind}: {what}, {between} ({', '.join(forms)})\n"
        text += one(command, seed, min(found, key=lambda each: (len(each.batch.event) > 1 << 20, len(str(each.record.data)))))
    return text


def results(difference):
    if difference.what == "refused":
        return "an answer is right" if isinstance(difference.want, str) and difference.want.startswith("[") else "refused for another reason"
    want = getattr(difference.want, "result", difference.want)
    got = difference.got[0] if isinstance(difference.got, tuple) else difference.got
    return f"{str(want)[:60]} is right, {str(got)[:60]} was given" if want != got else str(want)[:60]


def one(command, seed, difference):
    """One difference, alone in its batch and as short as it still differs."""
    smaller = alone(command, difference)
    shown = smaller or difference
    lines = [f"  seed {seed}, share {difference.index // SHARE}, batch {difference.index}"]
    lines.append(f"  settings: {' '.join(quoted(part) for part in flags(shown.settings)[2:])}")
    if smaller:
        inside = opens_to(shown.record.data, shown.settings)
        lines.append(f"  opens to: {short(inside)}")
        if inside.startswith("(") or not plain(shown.record.data):
            lines.append(f"  data: {short(json.dumps(repr(shown.record.data) if shown.record.data is ... else shown.record.data))}")
    else:
        lines.append("  alone in a batch the record is answered rightly")
    want, got = shown.want, shown.got
    if shown.what == "data" and isinstance(want.data, list):
        # Of documents only the places that differ.
        return "\n".join([*lines, *(f"  {short(each)}" for place in documents.differences(want.data, got[1]) for each in place.split("\n"))]) + "\n"
    if shown.what == "keys":
        want, got = want.keys, got[2]
    elif isinstance(got, tuple) and hasattr(want, "result"):
        why, data = want.why, shown.record.data
        want, got = (tuple("the original" if part and part == data else part for part in parts) for parts in ((want.result, want.data, want.keys), got))
        want += (why,) if why else ()
    lines += [f"  right: {short(apart(want, got))}", f"  given: {short(apart(got, want))}"]
    return "\n".join(lines) + "\n"


def alone(command, difference):
    """The same difference of one record in its own batch, the text inside cut down; None if it needs company."""
    if difference.batch.brim or difference.what == "refused":
        return None
    found = tried(command, difference, difference.record.data)
    if not found:
        return None
    for settings in (replace(found.settings, partition_keys=()), replace(found.settings, compression="none"), replace(found.settings, sources={})):
        found = tried(command, replace(found, settings=settings), found.record.data) or found
    try:
        raw = opening.opened(found.record.data, 1 << 20)
    except (opening.Unreadable, TypeError):
        return found
    as_text = tried(command, found, base64.b64encode(raw).decode())
    return cut_down(command, as_text, raw) if as_text else found


def cut_down(command, found, raw):
    """Leaves out piece after piece for as long as the difference stays."""
    piece, tries = max(len(raw) // 2, 1), 0
    while piece and tries < TRIES:
        at = 0
        while at < len(raw) and tries < TRIES:
            less, tries = raw[:at] + raw[at + piece :], tries + 1
            if smaller := tried(command, found, base64.b64encode(less).decode()):
                raw, found = less, smaller
            else:
                at += piece
        piece //= 2
    return found


def tried(command, difference, data):
    """The difference that a batch of this data alone shows, if it is of the same sort."""
    record = Record("1", data, difference.record.kind)
    fields = {"recordId": "1"} | ({"data": data} if data is not ... else {})
    whole = json.loads(difference.batch.event)
    said = {name: whole[name] for name in ("region", "deliveryStreamArn") if whole.get(name)}
    event = json.dumps(said | {"records": [fields]}).encode()
    batch = Batch([record], event)
    for found in compared(difference.index, difference.settings, batch, run(command, difference.settings, [event])[0]):
        if found.what == difference.what and results(found) == results(difference):
            return found
    return None


def plain(data):
    """Whether data is nothing but base64 of the text inside."""
    return base64.b64decode(data).lstrip()[:1] == b"{"


def opens_to(data, settings):
    try:
        return repr(opening.opened(data, settings.max_decoded_mib << 20))
    except (opening.Unreadable, TypeError) as error:
        return f"({error})"


def apart(one, other):
    """`one` from a little before the point at which it differs from `other`."""
    one, other = repr(one), repr(other)
    at = next((at for at, (left, right) in enumerate(zip(one, other)) if left != right), min(len(one), len(other)))
    return one if len(one) <= WIDTH else f"… {one[max(at - 100, 0) :]}"


def short(text):
    return text if len(text) <= WIDTH else f"{text[:WIDTH]} … ({len(text)} characters)"


def quoted(part):
    return part if part.replace("-", "").replace(",", "").replace("_", "").isalnum() else f"'{part}'"
