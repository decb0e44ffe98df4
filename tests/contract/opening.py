"""From a record's data to the bytes inside, as RFC 4648, 1951, 1950 and 1952 have it: only the inflating itself is zlib's."""

import base64
import binascii
import re
import zlib

# With padding, and no bits of the last character left over (RFC 4648, 3.5).
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?")
HEADER_CRC, EXTRA, NAME, COMMENT, RESERVED = 0x02, 0x04, 0x08, 0x10, 0xE0


class Unreadable(ValueError):
    """The data cannot be opened."""


def opened(data, most):
    """The bytes inside `data`, a base64 text; at most `most` of them."""
    if not BASE64.fullmatch(data):
        raise Unreadable("not base64")
    try:
        packed = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise Unreadable("not base64") from error
    if packed[:2] == b"\x1f\x8b":
        out = _gzip(packed, most)
    elif len(packed) > 1 and packed[0] & 0x8F == 0x08 and int.from_bytes(packed[:2], "big") % 31 == 0:
        out = _zlib(packed, most)
    elif packed.lstrip(b" \t\n\r")[:1] == b"{":
        out = packed
    else:
        raise Unreadable("neither gzip, zlib nor a JSON object")
    if len(out) > most:
        raise Unreadable("over the cap")
    return out


def _inflated(packed, at, most):
    """Inflates from `at`: the bytes, and the position behind the last block."""
    inflate = zlib.decompressobj(-15)
    try:
        out = inflate.decompress(packed[at:], most + 1)
    except zlib.error as error:
        raise Unreadable("damaged") from error
    if len(out) > most:
        raise Unreadable("over the cap")
    if not inflate.eof:
        raise Unreadable("cut short")
    return out, len(packed) - len(inflate.unused_data)


def _gzip(packed, most):
    """All members; behind the last nothing may follow."""
    out, at = b"", 0
    while at < len(packed) or not at:
        begin = at
        if packed[at : at + 3] != b"\x1f\x8b\x08" or len(packed) < at + 10:
            raise Unreadable("no gzip member")
        flags = packed[at + 3]
        if flags & RESERVED:
            raise Unreadable("reserved flags")
        at += 10
        if flags & EXTRA:
            at += 2 + int.from_bytes(_some(packed, at, 2), "little")
        for flag in (NAME, COMMENT):
            if flags & flag:
                at = packed.find(b"\0", at) + 1
                if at == 0:
                    raise Unreadable("cut short")
        if flags & HEADER_CRC:
            if int.from_bytes(_some(packed, at, 2), "little") != zlib.crc32(packed[begin:at]) & 0xFFFF:
                raise Unreadable("the header's checksum")
            at += 2
        member, at = _inflated(packed, at, most - len(out))
        checksum, length = _some(packed, at, 4), _some(packed, at + 4, 4)
        if int.from_bytes(checksum, "little") != zlib.crc32(member):
            raise Unreadable("the checksum")
        if int.from_bytes(length, "little") != len(member) & 0xFFFFFFFF:
            raise Unreadable("the length")
        out, at = out + member, at + 8
    return out


def _zlib(packed, most):
    """One stream; nothing may follow."""
    if packed[1] & 0x20:
        raise Unreadable("a preset dictionary")
    out, at = _inflated(packed, 2, most)
    if int.from_bytes(_some(packed, at, 4), "big") != zlib.adler32(out):
        raise Unreadable("the checksum")
    if at + 4 != len(packed):
        raise Unreadable("more behind the end")
    return out


def _some(packed, at, length):
    if len(packed) < at + length:
        raise Unreadable("cut short")
    return packed[at : at + length]
