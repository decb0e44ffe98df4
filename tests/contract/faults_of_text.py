"""Faults of a record's text and of its bytes: JSON's grammar and UTF-8, anywhere in a block of 64 bytes."""

from faults import fault


def spliced(text, at, insert, drop=0):
    return text[:at] + insert + text[at + drop :]


@fault("text", fails=True)
def text_cut_short(random, text):
    end = random.randrange(1, len(text))
    kept, rest = text[:end].rstrip(), text[end:].lstrip()
    # Between two messages, nothing would be cut.
    return kept[:-1] if kept.endswith("}") and rest.startswith("{") else text[:end]


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


@fault("text", fails=True)
def too_deep(random, text):
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
