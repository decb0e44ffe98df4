"""JSON, read strictly (RFC 8259) and kept as it was written: every string and number stays its literal."""

import codecs
import re

# As deep as values may nest, the message itself counted.
DEPTH_MAX = 128

# Stand in decoded text for bytes that are not UTF-8: lone surrogates, which no UTF-8 text can hold. The first byte of each
# maximal part is one of the first range, those behind it of the second.
FIRST, BEHIND = 0xDC00, 0xDB00
NOT_UTF_8 = re.compile("[\udc80-\udcff][\udb80-\udbff]*")

SPACE = re.compile(r"[ \t\n\r]*+")
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
OPEN = re.compile(r"[\[{]")
WORD = re.compile(r"true|false|null")
ESCAPE = re.compile(
    r"\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})|\\u(?P<unit>[0-9a-fA-F]{4})|\\(?P<short>.)"
)
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class NotJson(ValueError):
    """The text breaks the grammar."""


class Value:
    """One value: its kind, what is inside, and its tokens in a list that all the values of a text share."""

    __slots__ = ("kind", "items", "tokens", "begin", "end")

    def __init__(self, kind, tokens, begin):
        self.kind, self.tokens, self.begin, self.end, self.items = kind, tokens, begin, begin + 1, []

    @property
    def text(self):
        """The value without white space between its tokens."""
        return "".join(self.tokens[self.begin : self.end])


def _kept(error):
    part = error.object[error.start : error.end]
    return chr(FIRST + part[0]) + "".join(chr(BEHIND + byte) for byte in part[1:]), error.end


codecs.register_error("catchment-kept", _kept)


def decoded(raw):
    """`raw` as text, with what is not UTF-8 kept apart."""
    return raw.decode("utf-8", "catchment-kept")


def is_utf_8(text):
    return not NOT_UTF_8.search(text)


def replaced(text):
    """The text with one U+FFFD for each part that is not UTF-8."""
    return NOT_UTF_8.sub("\ufffd", text)


def as_bytes(text):
    """The bytes that `text` was decoded from."""
    pieces = NOT_UTF_8.split(text)
    kept = [bytes(ord(character) & 0xFF for character in part) for part in NOT_UTF_8.findall(text)]
    return b"".join(piece.encode() + part for piece, part in zip(pieces, [*kept, b""]))


def values(text):
    """All the values in `text`, which stand one after another with white space or nothing between."""
    position = SPACE.match(text, 0).end()
    while position < len(text):
        value, position = _value(text, position)
        yield value
        position = SPACE.match(text, position).end()


def value(text):
    """The one value that `text` is."""
    position = SPACE.match(text, 0).end()
    found, position = _value(text, position)
    if SPACE.match(text, position).end() != len(text):
        raise NotJson("more behind the value")
    return found


def _value(text, position):
    """The value at `position`, and the position behind it."""
    tokens, open_values = [], []
    while True:
        # A value is due here.
        value, position, ended = _begin(text, position, tokens)
        if open_values:
            _put(open_values[-1], value)
        if len(open_values) + (value.kind in ("object", "array")) > DEPTH_MAX:
            raise NotJson("too deep")
        if not ended:
            open_values.append(value)
            if value.kind == "object":
                position = _key(text, position, value)
            continue
        # A value has ended here; the objects and arrays around it may end too.
        while open_values:
            around = open_values[-1]
            position = SPACE.match(text, position).end()
            found = text[position : position + 1]
            tokens.append(found)
            if found == ",":
                position = SPACE.match(text, position + 1).end()
                if around.kind == "object":
                    position = _key(text, position, around)
                break
            if found != ("}" if around.kind == "object" else "]"):
                raise NotJson(f"neither comma nor end at {position}")
            around.end, position = len(tokens), position + 1
            value = open_values.pop()
        else:
            return value, position


def _begin(text, position, tokens):
    """The value that begins at `position`, the position to go on from, and whether it has ended already."""
    first = text[position : position + 1]
    kind, pattern = {'"': ("string", STRING), "{": ("object", OPEN), "[": ("array", OPEN)}.get(
        first, ("number", NUMBER) if first and first in "-0123456789" else ("word", WORD)
    )
    match = pattern.match(text, position)
    if not match:
        raise NotJson(f"no {kind} at {position}")
    value = Value(kind, tokens, len(tokens))
    tokens.append(match.group())
    position = match.end()
    if pattern is not OPEN:
        return value, position, True
    position = SPACE.match(text, position).end()
    if text[position : position + 1] != ("}" if kind == "object" else "]"):
        return value, position, False
    tokens.append(text[position])
    value.end += 1
    return value, position + 1, True


def _key(text, position, value):
    """Reads a key and its colon; the position of the key's value."""
    match = STRING.match(text, position)
    colon = SPACE.match(text, match.end()).end() if match else position
    if not match or text[colon : colon + 1] != ":":
        raise NotJson(f"no key at {position}")
    value.items.append([match.group(), None])
    value.tokens += (match.group(), ":")
    return SPACE.match(text, colon + 1).end()


def _put(around, value):
    if around.kind == "object":
        around.items[-1][1] = value
    else:
        around.items.append(value)


def unescaped(literal):
    """What a string literal stands for. A surrogate without its other half, which no text can hold, is U+FFFD."""
    return ESCAPE.sub(_one, literal[1:-1]) if "\\" in literal else literal[1:-1]


def has_half(literal):
    """Whether an escape in it is a surrogate without its other half."""
    return any(match["unit"] and 0xD800 <= int(match["unit"], 16) < 0xE000 for match in ESCAPE.finditer(literal))


def _one(match):
    if match["high"]:
        return chr(0x10000 + ((int(match["high"], 16) - 0xD800) << 10) + int(match["low"], 16) - 0xDC00)
    if match["unit"]:
        unit = int(match["unit"], 16)
        return "\ufffd" if 0xD800 <= unit < 0xE000 else chr(unit)
    return SHORT.get(match["short"], match["short"])
