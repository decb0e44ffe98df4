"""Policy documents: each exists once, in policies/, and the templates contain rendered copies, which this file writes.

A template marks the place with a comment, `PolicyDocument: # policies/NAME.json`. Its opening comment gives the value of each
{{placeholder}}: text for Fn::Sub, or, for a list, a YAML expression (`!Ref X`).
"""

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
TEMPLATES = sorted((ROOT / "infra").glob("*.yaml"))
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
MARKER = re.compile(r"^(?P<lead>[ -]*)(?P<key>[\w:]+): # policies/(?P<name>[\w-]+)\.json$")
MEANING = re.compile(r"^# +\{\{(?P<placeholder>\w+)\}\} +(?P<meaning>.+)$", re.MULTILINE)
LINE_COLUMNS_MAX = 120


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (`!Sub x`) as objects with one key."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: {suffix: _plain(loader, node)})


def _plain(loader, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


def load_yaml(text):
    """A template as plain Python; intrinsic functions become {"Sub": …}, {"Ref": …}."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - _Loader is a SafeLoader


def documents():
    """Every policy document by name, with its placeholders."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(POLICIES.glob("*.json"))}


def markers(text):
    """The marked places of a template: (line number, column of the key, document name)."""
    for number, line in enumerate(text.splitlines()):
        if found := MARKER.match(line):
            yield number, len(found["lead"]), found["name"]


def render(document, meanings, column):
    """The document as lines of a template, indented under a key at `column`."""
    return list(_lines(document, meanings, column + 2))


def rewrite(text):
    """The template, with every marked block rendered again from policies/."""
    meanings = {found["placeholder"]: found["meaning"] for found in MEANING.finditer(text)}
    known = documents()
    return replaced(text, {number: (column, render(known[name], meanings, column)) for number, column, name in markers(text)})


def replaced(text, blocks):
    """Replaces the blocks under some lines, up to the next line that is not indented deeper: {line number: (column, new lines)}."""
    lines, out, number = text.splitlines(), [], 0
    while number < len(lines):
        out.append(lines[number])
        column, new = blocks.get(number, (None, []))
        number += 1
        while column is not None and number < len(lines) and lines[number].startswith(" " * (column + 1)):
            number += 1
        out += new
    return "\n".join(out) + "\n"


def _lines(value, meanings, indent):
    pad = " " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            label = f"{pad}{_scalar(key, {})}:"
            inline = _inline(item, meanings)
            fits = inline is not None and len(label) + 1 + len(inline) <= LINE_COLUMNS_MAX
            if fits or isinstance(item, str):
                yield f"{label} {inline}"
            else:
                yield label
                yield from _lines(item, meanings, indent + 2)
        return
    for item in value:
        if isinstance(item, dict):
            first, *rest = _lines(item, meanings, indent + 2)
            yield f"{pad}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{pad}- {_scalar(item, meanings)}"


def _inline(value, meanings):
    """The value in one line; None if it contains a list of objects."""
    if isinstance(value, str):
        return _scalar(value, meanings)
    if isinstance(value, dict):
        parts = [(_scalar(key, {}), _inline(item, meanings)) for key, item in value.items()]
        return None if any(part is None for _, part in parts) else f"{{{', '.join(f'{k}: {v}' for k, v in parts)}}}"
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return f"[{', '.join(_scalar(item, meanings) for item in value)}]"


def _scalar(text, meanings):
    if not PLACEHOLDER.search(text):
        return text if re.fullmatch(r"[A-Za-z][\w:./-]*[\w/-]", text) and text not in ("true", "false") else json.dumps(text)
    if (found := PLACEHOLDER.fullmatch(text)) and meanings[found[1]].startswith("!"):
        return meanings[found[1]]
    escaped = text.replace("${", "${!")
    return "!Sub " + json.dumps(PLACEHOLDER.sub(lambda found: meanings[found[1]], escaped))


def rewrite_templates(rewrite):
    """Rewrites the templates that differ, and prints their names."""
    for template in TEMPLATES:
        before = template.read_text()
        after = rewrite(before)
        if after != before:
            template.write_text(after)
            print(f"rewrote {template.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    rewrite_templates(rewrite)
