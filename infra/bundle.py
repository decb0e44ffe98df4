"""Joins the transformer's zips, one per architecture, into one that starts on either, so that a template names one file.

    python infra/bundle.py OUT.zip transformer-arm64.zip transformer-x86_64.zip

Each given zip holds one executable, `bootstrap`; its architecture is the file name's last part. The bundle's own
`bootstrap` hands over to the one that the machine can run, and is gone from then on.
"""

import sys
import zipfile
from pathlib import Path

UNAME = {"arm64": "aarch64", "x86_64": "x86_64"}  # Lambda's word for an architecture -> the kernel's
BOOTSTRAP = """#!/bin/sh
transformer="$(dirname "$0")/transformer-$(uname -m)"
[ -x "$transformer" ] || { echo "this zip holds no transformer for $(uname -m): \\`make lambda ARCH=…\\` adds it" >&2; exit 1; }
exec "$transformer" "$@"
"""
EXECUTABLE = 0o755 << 16
EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's earliest time: the same input gives the same bytes


def bundle(target, sources):
    """Writes `target` from the zips `sources`; returns the architectures that it starts on."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(_member("bootstrap"), BOOTSTRAP)
        names = [source.stem.rsplit("-", 1)[-1] for source in sources]
        for source, name in zip(sources, names, strict=True):
            with zipfile.ZipFile(source) as single:
                out.writestr(_member(f"transformer-{UNAME[name]}"), single.read("bootstrap"))
    return names


def _member(name):
    member = zipfile.ZipInfo(name, EPOCH)
    member.external_attr = EXECUTABLE
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


if __name__ == "__main__":
    target, *sources = map(Path, sys.argv[1:])
    if not sources:
        sys.exit("usage: bundle.py OUT.zip transformer-ARCHITECTURE.zip…")
    print(f"{target}: {', '.join(bundle(target, sources))}", file=sys.stderr)
