"""One fault of every kind, each at the stage that it belongs to: tree, text, bytes, packed, base64 or record.

`FAILS` says that a record with this fault can never be Ok, whatever the rest of it is: a check of the reading itself.
"""

import zlib

from messages import Object, any_value
from packing import COMMENT, EXTRA, HEADER_CRC, NAME, member

STAGES = {"tree": {}, "text": {}, "raw": {}, "packed": {}, "base64": {}, "data": {}}
FAILS = set()

ENVELOPE = ("messageType", "owner", "logGroup", "logStream", "logEvents")
EVENT = ("id", "timestamp", "message")


def fault(stage, fails=False):
    def register(function):
        STAGES[stage][function.__name__] = function
        if fails:
            FAILS.add(function.__name__)
        return function

    return register


def some_event(random, node):
    events = node.get("logEvents")
    if not events:
        event = Object()
        for key, value in (("id", '"1"'), ("timestamp", "1"), ("message", '"m"')):
            event.put(key, value)
        events.append(event)
    return random.choice(events)


def some_known(random, node):
    """An object of the message and the key of one of its fields."""
    if random.random() < 0.5:
        return node, random.choice(ENVELOPE)
    return some_event(random, node), random.choice(EVENT)


# Of the tree


@fault("tree", fails=True)
def field_missing(random, node):
    where, key = some_known(random, node)
    where[:] = [pair for pair in where if pair[0] != f'"{key}"']


@fault("tree", fails=True)
def wrong_type(random, node):
    where, key = some_known(random, node)
    right = {"logEvents": ("[]",), "timestamp": ()}.get(key, ('""', '"a"'))
    wrong = ["null", "true", "{}", "[]", '["a"]', '{"a":"b"}', '""', '"a"'] + ([] if key == "timestamp" else ["1", "-1.5"])
    where.set(key, random.choice([each for each in wrong if each not in right]))


@fault("tree", fails=True)
def known_field_twice(random, node):
    where, key = some_known(random, node)
    value = where.get(key) if random.random() < 0.5 else random.choice(('"other"', "null", "1", "[]"))
    name = f'"{key}"' if random.random() < 0.7 else f'"\\u{ord(key[0]):04x}{key[1:]}"'
    where.insert(random.randrange(len(where) + 1), [name, value])


@fault("tree")
def unknown_field_twice(random, node):
    where = node if random.random() < 0.5 else some_event(random, node)
    for _ in range(2):
        where.insert(random.randrange(len(where) + 1), ['"later"', any_value(random)])


@fault("tree")
def filters_of_another_type(random, node):
    node.set("subscriptionFilters", random.choice(("null", '"a"', "[1]", "{}", "[]", "1")))


@fault("tree")
def filters_twice(random, node):
    node.insert(random.randrange(len(node) + 1), ['"subscriptionFilters"', ["1"]])


@fault("tree", fails=True)
def event_as_an_array(random, node):
    event = some_event(random, node)
    events = node.get("logEvents")
    index = next(index for index, each in enumerate(events) if each is event)
    events[index] = [value for _, value in event]


@fault("tree", fails=True)
def event_of_another_type(random, node):
    node.get("logEvents").insert(0, random.choice(("null", '"a"', "1", "[]", "true")))


@fault("tree", fails=True)
def event_that_is_empty(random, node):
    events = node.get("logEvents")
    events.insert(random.randrange(len(events) + 1), "{}")


@fault("tree", fails=True)
def events_as_an_object(random, node):
    event = some_event(random, node)
    node.set("logEvents", random.choice(("{}", event)))


@fault("tree", fails=True)
def unknown_message_type(random, node):
    node.set("messageType", random.choice(('"EXTRA_MESSAGE"', '"data_message"', '""', '"DATA_MESSAGE "', '"DATA_MESSAGE\\u0000"', '"DATA_MESSAG"')))


@fault("tree")
def message_type_escaped(random, node):
    node.set("messageType", random.choice(('"DATA\\u005fMESSAGE"', '"\\u0044ATA_MESSAGE"', '"CONTROL\\u005FMESSAGE"')))


@fault("tree")
def key_escaped(random, node):
    where, key = some_known(random, node)
    at = random.randrange(len(key))
    for pair in where:
        if pair[0] == f'"{key}"':
            pair[0] = f'"{key[:at]}\\u{ord(key[at]):04x}{key[at + 1:]}"'


@fault("tree")
def timestamps_at_the_border(random, node):
    some_event(random, node).set("timestamp", random.choice(("0", "253402300799999", "253402207200000", "253402300800000", '"253402300799999"')))


@fault("tree", fails=True)
def timestamp_that_is_none(random, node):
    some_event(random, node).set("timestamp", random.choice((
        '""', '" 1"', '"1 "', '"yesterday"', '"2023-13-01T00:00:00Z"', '"2023-02-30T00:00:00Z"', '"2023-09-30"', '"1e3"', '"0x10"',
        "true", "null", "99999999999999999999999", "9223372036854775807", "9223372036854775808", "253402300800000")))


@fault("tree", fails=True)
def timestamp_that_is_no_json_number(random, node):
    some_event(random, node).set("timestamp", random.choice(("0696086922000", "00", "01", "+1696086922000", "1696086922000.", "-", "169608692200x", "16960869 22000", ".5", "1_000")))


@fault("tree", fails=True)
def timestamp_with_a_fraction(random, node):
    some_event(random, node).set("timestamp", random.choice(("1696086922000.5", "1.5e3", "0.1")))


@fault("tree")
def system_fields_odd(random, node):
    """Repeated and escaped keys, values of another type, and what is no object."""
    event = some_event(random, node)
    event[:] = [pair for pair in event if pair[0] != '"extractedFields"']
    kind = random.randrange(4)
    if kind == 0:
        event.put("extractedFields", random.choice(("null", "1", '"a"', "[]", "true", '["@aws.account"]')))
        return
    fields = Object()
    fields.put("@aws.account", '"111122223333"')
    fields.put("@aws.region", '"eu-west-1"')
    if kind == 1:
        fields.insert(random.randrange(3), [random.choice(('"@aws.account"', '"@aws.region"')), random.choice(('"444455556666"', "null", '""'))])
    elif kind == 2:
        random.choice(fields)[0] = random.choice(('"\\u0040aws.account"', '"@aws\\u002Eregion"', '"@aws.accoun"', '"@AWS.account"', '""'))
    else:
        random.choice(fields)[1] = random.choice(("null", "1", "{}", '["a"]', '""', '"\\u0031"', "true"))
    event.put("extractedFields", fields)


@fault("tree", fails=True)
def system_fields_twice(random, node):
    event = some_event(random, node)
    event.put("extractedFields", Object())
    event.put("extractedFields", "null")


@fault("tree")
def control_message_odd(random, node):
    """A CONTROL_MESSAGE with log events, or with none."""
    node.set("messageType", '"CONTROL_MESSAGE"')
    if random.random() < 0.3:
        node.set("logEvents", [])


# Of the text


def spliced(text, at, insert, drop=0):
    return text[:at] + insert + text[at + drop :]


@fault("text", fails=True)
def text_cut_short(random, text):
    return text[: random.randrange(1, len(text))]


@fault("text")
def structure_missing(random, text):
    """One bracket, brace, quote, colon or comma that is not there."""
    at = random.choice([at for at in range(len(text)) if text[at] in '{}[]":,'])
    return spliced(text, at, "", 1)


@fault("text")
def character_dropped(random, text):
    return spliced(text, random.randrange(len(text)), "", 1)


@fault("text")
def character_changed(random, text):
    return spliced(text, random.randrange(len(text)), random.choice('"\\{}[]:, 0-9eux\n\v\f\x00\x1f\x7f\xa0é'), 1)


@fault("text")
def character_put_in(random, text):
    return spliced(text, random.randrange(len(text)), random.choice('"\\{}[]:, 0-9eux\n\v\f\x00\x1f\x7f\xa0é'))


@fault("text")
def token_put_in(random, text):
    return spliced(text, random.randrange(len(text)), random.choice(('\\"', "\\\\", "null", "DATA_MESSAGE", '"timestamp":1', ",,", "NaN", "Infinity", "01", "1.", ".5", "1e", "+1", "tru", "//", "/**/", '","a":"', "\\u00e9", "\\ud83d")))


def between_tokens(random, text):
    """A position where white space may stand."""
    places, quoted, at = [0], False, 0
    while at < len(text):
        if quoted:
            quoted = text[at] != '"'
            at += 2 if text[at] == "\\" else 1
            continue
        if text[at] in "{}[]:,":
            places.append(at)
        quoted = text[at] == '"'
        at += 1
    return random.choice(places)


@fault("text", fails=True)
def no_white_space(random, text):
    """What other languages take for white space and JSON does not."""
    return spliced(text, between_tokens(random, text), random.choice("\v\f\xa0\u2028\u200b\ufeff\x00\x85\x1c"))


@fault("text")
def white_space(random, text):
    return spliced(text, between_tokens(random, text), random.choice((" ", "\t", "\r\n", " " * 64, "\n" * 63)))


@fault("text", fails=True)
def comma_too_many(random, text):
    at = random.choice([at for at in range(len(text)) if text[at] in "]}" and text[at:].strip("]} \t\r\n") == ""])
    return spliced(text, at, ",")


def inside_a_string(random, text):
    """A position in the value of the last `message`, or in a log group, before a character that stands for itself."""
    begin = text.find('"logGroup"')
    begin = text.index('"', text.index(":", begin)) + 1
    return begin


@fault("text", fails=True)
def bad_escape(random, text):
    # Padded, so that the escape stands anywhere in a block of 64 bytes, and across two.
    bad = random.choice(("\\x41", "\\u12G4", "\\u123g", "\\ux", "\\'", "\\a", "\\0", "\\U0041", "\\ ", "\\\n", "\\u00 41", "\\é", "\\v"))
    return spliced(text, inside_a_string(random, text), "p" * random.randrange(140) + bad + random.choice(("", "q" * 70)))


@fault("text", fails=True)
def control_in_a_string(random, text):
    bad = chr(random.randrange(0x20))
    return spliced(text, inside_a_string(random, text), "p" * random.randrange(140) + bad)


@fault("text")
def backslashes_in_a_row(random, text):
    return spliced(text, inside_a_string(random, text), "p" * random.randrange(130) + "\\" * random.randrange(1, 80))


@fault("text", fails=True)
def text_behind(random, text):
    return text + random.choice(("x", "}", "]", ",", "{", '"', "null", "1", "[]", '""', "\0", "\f", " \v", "{}", '{"a":1}'))


@fault("text", fails=True)
def array_around(random, text):
    return f"[{text}]"


@fault("text", fails=True)
def message_as_an_array(random, text):
    return '["DATA_MESSAGE","111122223333","g","s",["f"],[{"id":"1","timestamp":1,"message":"m"}]]' + random.choice(("", text))


@fault("text", fails=True)
def nothing_inside(random, text):
    return random.choice(("", " ", "\n\n"))


@fault("text")
def very_deep(random, text):
    """A value that is no fault, however deep: nobody may fall over it."""
    deep = random.choice((300, 300, 300, 5000, 5000, 60_000))
    return text[:-1] + ',"deep":' + "[" * deep + "]" * deep + "}"


@fault("text", fails=True)
def unclosed_and_deep(random, text):
    return text[:-1] + ',"deep":' + random.choice(("[", '{"a":')) * random.choice((200, 70_000))


# Of the bytes

NOT_UTF_8 = (b"\x80", b"\xbf", b"\xff", b"\xfe", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80",
             b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc3", b"\xe2\x28\xa1", b"\x80\x80\x80", b"\xf0\x9f\x98\xff")


@fault("raw")
def not_utf_8(random, raw):
    """In any string, of the envelope or of an event, known or not."""
    quotes = [at for at in range(len(raw)) if raw[at : at + 1] == b'"' and raw[at + 1 : at + 2] not in (b",", b":", b"}", b"]")]
    at = random.choice(quotes) + 1
    return raw[:at] + b"p" * random.choice((0, 0, random.randrange(130))) + random.choice(NOT_UTF_8) + raw[at:]


@fault("raw")
def not_utf_8_in_an_event(random, raw):
    at = raw.rfind(b'"message"')
    at = raw.find(b'"', at + 9) + 1
    text = random.choice(NOT_UTF_8) + random.choice((b"", "\ufffd".encode(), b"p" * random.randrange(130)))
    return raw[:at] + random.choice((b"", b"p" * random.randrange(130))) + text + raw[at:]


@fault("raw")
def byte_changed(random, raw):
    at = random.randrange(len(raw))
    return raw[:at] + random.randbytes(1) + raw[at + 1 :]


@fault("raw", fails=True)
def byte_order_mark(random, raw):
    return b"\xef\xbb\xbf" + raw


@fault("raw", fails=True)
def utf_16(random, raw):
    return raw.decode("utf-8", "replace").encode("utf-16")


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
