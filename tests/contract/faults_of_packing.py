"""Faults of what a record is packed in: gzip, zlib, base64, and the event's own `data`."""

import zlib

from faults import fault
from packing import COMMENT, EXTRA, HEADER_CRC, NAME, member


def zlib_of(raw):
    return zlib.compress(raw)


# Of the packed bytes. Each is given the raw bytes, and packs them itself.


@fault("packed", fails=True)
def gzip_cut_short(random, raw):
    whole = member(random, raw)
    return whole[: random.choice((random.randrange(2, len(whole)), len(whole) - 1, len(whole) - 8, len(whole) - 4, 10))]


@fault("packed")
def bit_flipped(random, raw):
    whole = bytearray(member(random, raw))
    whole[random.randrange(len(whole))] ^= 1 << random.randrange(8)
    return bytes(whole)


@fault("packed", fails=True)
def wrong_checksum(random, raw):
    whole = bytearray(member(random, raw))
    whole[-8 + random.randrange(4)] ^= 1 << random.randrange(8)
    return bytes(whole)


@fault("packed", fails=True)
def wrong_length(random, raw):
    whole = bytearray(member(random, raw))
    whole[-4:] = random.choice((0, 1, len(raw) + 1, len(raw) - 1, 0xFFFFFFFF, len(raw) + (1 << 20))).to_bytes(4, "little")
    return bytes(whole)


@fault("packed", fails=True)
def garbage_behind_gzip(random, raw):
    whole = member(random, raw)
    garbage = (whole[-4:], b"abcd" + whole[-4:], b"\0", b"\0" * 8, whole[:1], whole[:5], whole[: len(whole) // 2], random.randbytes(9) + whole[-4:],
               zlib_of(raw), raw, b"\n", whole[-8:], b"x", b"\x1f\x8b", random.randbytes(20))
    return whole + random.choice(garbage)


@fault("packed", fails=True)
def garbage_before_the_trailer(random, raw):
    whole = member(random, raw)
    garbage = (b"\0", b"\0" * 8, b"x", whole[-8:], whole[-8:-4], random.randbytes(3))
    return whole[:-8] + random.choice(garbage) + whole[-8:]


@fault("packed", fails=True)
def behind_zlib(random, raw):
    whole = zlib_of(raw)
    return whole + random.choice((whole, member(random, raw), b"\0", b"x", b"\n", whole[-4:], whole[:2], raw, random.randbytes(12)))


@fault("packed")
def members_in_a_row(random, raw):
    """Whole messages in members of their own, a file name in some, an empty one between."""
    between = random.choice((b"", member(random, b""), member(random, b" ")))
    return member(random, raw) + between + member(random, raw, random.choice((None, NAME, EXTRA, COMMENT, HEADER_CRC | NAME)))


@fault("packed", fails=True)
def second_member_damaged(random, raw):
    second = bytearray(member(random, raw))
    second[-random.randrange(1, 9)] ^= 1 << random.randrange(8)
    return member(random, raw) + bytes(second)


@fault("packed", fails=True)
def wrong_header_checksum(random, raw):
    whole = bytearray(member(random, raw, HEADER_CRC))
    whole[10 + random.randrange(2)] ^= 1 << random.randrange(8)
    return bytes(whole)


@fault("packed", fails=True)
def reserved_flag(random, raw):
    whole = bytearray(member(random, raw, 0))
    whole[3] |= 1 << random.randrange(5, 8)
    return bytes(whole)


@fault("packed", fails=True)
def other_method(random, raw):
    whole = bytearray(member(random, raw))
    whole[2] = random.choice((0, 7, 9, 255))
    return bytes(whole)


@fault("packed", fails=True)
def name_without_end(random, raw):
    return member(random, raw, 0)[:3] + bytes([random.choice((NAME, COMMENT))]) + b"\0" * 6 + b"n" * random.randrange(99)


@fault("packed", fails=True)
def extra_longer_than_all(random, raw):
    return member(random, raw, 0)[:3] + bytes([EXTRA]) + b"\0" * 6 + b"\xff\xff" + b"n" * random.randrange(99)


@fault("packed", fails=True)
def zlib_damaged(random, raw):
    whole = zlib_of(raw)
    at = len(whole) - random.randrange(1, 5)
    return random.choice((whole[: random.randrange(2, len(whole))], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]))


@fault("packed", fails=True)
def zlib_with_a_dictionary(random, raw):
    return b"\x78\xbb" + zlib_of(raw)[2:]


@fault("packed", fails=True)
def zlib_header_wrong(random, raw):
    return b"\x78" + random.choice((b"\x00", b"\x9d", b"\xff")) + zlib_of(raw)[2:]


@fault("packed", fails=True)
def packed_twice(random, raw):
    return member(random, member(random, raw))


@fault("packed", fails=True)
def neither(random, raw):
    return random.choice((b"Hello World", b"", b" ", b"\x1f", b"x", b"\x1f\x8a" + raw, b"[" + raw + b"]", b"\x78", b"PK\3\4" + raw, b"\f" + raw, b"\v" + raw, b"\0" + raw))


# Of the base64, a text


@fault("base64", fails=True)
def not_base64(random, text):
    at = random.randrange(len(text) + 1)
    drop = random.randrange(2)
    return text[:at] + random.choice(("*", "-", "_", " ", "\n", "é", "\0", ".")) + text[at + drop :]


@fault("base64", fails=True)
def base64_length(random, text):
    return random.choice((text + "=", text + "A", text + "AA", text[:-1], text[1:], text + "====", text + "A==="))


# Of the data as it stands in the event


@fault("data", fails=True)
def no_data(random, data):
    return random.choice((None, 1, True, [], {}, [data], {"data": data}, ...))
