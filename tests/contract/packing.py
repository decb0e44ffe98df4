"""Ways to pack a record's text: every variant of gzip that the format knows, zlib, and none."""

import zlib

HEADER_CRC, EXTRA, NAME, COMMENT = 0x02, 0x04, 0x08, 0x10


def member(random, raw, flags=None, level=None):
    """One gzip member, with the optional fields that `flags` names."""
    if flags is None:
        flags = random.choice((0, 0, 0, NAME, EXTRA, COMMENT, HEADER_CRC, random.randrange(32)))
    deflate = zlib.compressobj(random.randrange(10) if level is None else level, zlib.DEFLATED, -15)
    begin = b"\x1f\x8b\x08" + bytes([flags]) + random.randbytes(4) + random.choice((b"\x00\x03", b"\x02\xff", b"\x00\x00"))
    if flags & EXTRA:
        extra = random.randbytes(random.randrange(40))
        begin += len(extra).to_bytes(2, "little") + extra
    begin += b"name.json\0" if flags & NAME else b""
    begin += b"a comment\0" if flags & COMMENT else b""
    begin += (zlib.crc32(begin) & 0xFFFF).to_bytes(2, "little") if flags & HEADER_CRC else b""
    trailer = zlib.crc32(raw).to_bytes(4, "little") + len(raw).to_bytes(4, "little")
    return begin + deflate.compress(raw) + deflate.flush() + trailer


def members(random, raw):
    """Several members, cut anywhere; some of them may be empty."""
    cuts = sorted(random.randrange(len(raw) + 1) for _ in range(random.randrange(1, 4)))
    return b"".join(member(random, raw[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(raw)]))


def packed(random, raw):
    """`raw` in one of the forms that the contract knows."""
    kind = random.random()
    if kind < 0.6:
        return member(random, raw)
    if kind < 0.72:
        return members(random, raw)
    if kind < 0.86:
        return zlib.compress(raw, random.randrange(10))
    return random.choice((b"", b"", b" ", b"\r\n\t")) + raw
