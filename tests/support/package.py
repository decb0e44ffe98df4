"""Packs the Lambda: the same binary gives the same zip, whenever and wherever it is packed.

`package.py BINARY ZIP`
"""

import sys
import zipfile
from pathlib import Path

# The earliest date that a zip can hold.
DATE = (1980, 1, 1, 0, 0, 0)
EXECUTABLE = 0o100755


def pack(binary: Path, target: Path) -> None:
    """Writes a zip with the binary as Lambda's `bootstrap`."""
    entry = zipfile.ZipInfo("bootstrap", DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, so that the permissions hold
    entry.external_attr = EXECUTABLE << 16
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(entry, binary.read_bytes(), compresslevel=9)


if __name__ == "__main__":
    pack(*map(Path, sys.argv[1:]))
