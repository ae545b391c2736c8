"""JSON that hides something from one reader or another: refused as a whole. And what JSON may do without harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .bases import base
from .judges import Case

Write = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Trick:
    """A name and what it makes of the text of an honest proof."""

    name: str
    write: Write

    def case(self) -> Case:
        text = json.dumps(base("keyword").proof, ensure_ascii=False, separators=(",", ":"))
        return Case(self.name, self.write(text))


def _swap(old: str, new: str) -> Write:
    """Replace the first `old`, which must be there, by `new`."""

    def write(text: str) -> bytes:
        assert old in text, old
        return text.replace(old, new, 1).encode("utf-8", "surrogatepass")

    return write


def _bytes(old: bytes, new: bytes) -> Write:
    def write(text: str) -> bytes:
        raw = text.encode()
        assert old in raw
        return raw.replace(old, new, 1)

    return write


TRICKS = (
    Trick("a key twice", _swap('"k":3', '"k":3,"k":3')),
    Trick("a key twice, once in escapes", _swap('"k":3', '"k":3,"\\u006b":2')),
    Trick("a key twice in the outermost object", _swap('"format":', '"v":1,"format":')),
    Trick("a float", _swap('"k":3', '"k":3.0')),
    Trick("an exponent", _swap('"k":3', '"k":3e0')),
    Trick("an integer of 2^53", _swap('"k":3', '"k":9007199254740992')),
    Trick("an integer that a float rounds to a smaller one", _swap('"k":3', '"k":9007199254740993')),
    Trick("an integer of thousands of digits", _swap('"k":3', '"k":' + "3" * 5000)),
    Trick("minus zero", _swap('"fan_level":0', '"fan_level":-0')),
    Trick("a leading zero", _swap('"k":3', '"k":03')),
    Trick("a plus sign", _swap('"k":3', '"k":+3')),
    Trick("not a number", _swap('"k":3', '"k":NaN')),
    Trick("infinity", _swap('"k":3', '"k":Infinity')),
    Trick("a number in a text", _swap('"k":3', '"k":"3"')),
    Trick("true in place of a number", _swap('"per_account":1', '"per_account":true')),
    Trick("text that is not NFC", _swap("电饭煲", "Zoe\u0308")),
    Trick("text that is not NFC, in escapes", _swap("电饭煲", "Zoe\\u0308")),
    Trick("half a character, in escapes", _swap("电饭煲", "\\ud83c")),
    Trick("the two halves of a character the wrong way round", _swap("电饭煲", "\\udf81\\ud83c")),
    Trick("half a character, in bytes", _swap("电饭煲", "\ud83c")),
    Trick("bytes that are no UTF-8", _bytes("电饭煲".encode(), b"\xff\xfe")),
    Trick("an overlong form", _bytes("电饭煲".encode(), b"\xc0\xaf")),
    Trick("UTF-16", lambda text: text.encode("utf-16")),
    Trick("a control character in a text", _swap("电饭煲", "a\tb")),
    Trick("a zero byte in a text", _swap("电饭煲", "a\x00b")),
    Trick("a wrong escape", _swap("电饭煲", "\\x41")),
    Trick("a key beyond ASCII", _swap('"k":3', '"k":3,"ｋ":3')),
    Trick("a key of the language's own", _swap('"k":3', '"k":3,"__proto__":{"k":2}')),
    Trick("another key of the language's own", _swap('"k":3', '"constructor":{"k":3}')),
    Trick("a comma at the end", lambda text: (text[:-1] + ",}").encode()),
    Trick("no comma between two fields", _swap('"k":3,', '"k":3 ')),
    Trick("no comma between two items", _swap('"early","late"', '"early" "late"')),
    Trick("a semicolon in place of a comma", _swap('"k":3,', '"k":3;')),
    Trick("no colon", _swap('"k":3', '"k" 3')),
    Trick("an equals sign in place of a colon", _swap('"k":3', '"k"=3')),
    Trick("no value", _swap('"k":3', '"k":')),
    Trick("a word that is no value", _swap('"k":3', '"k":undefined')),
    Trick("a key without quotes", _swap('"k":3', "k:3")),
    Trick("a key that begins with another quote", _swap('"k":3', "'k\":3")),
    Trick("the last bracket is of the other kind", lambda text: (text[:-1] + "]").encode()),
    Trick("a closing bracket of the other kind", _swap('"excluded":{', '"excluded":[')),
    Trick("a comment", lambda text: ("/* */" + text).encode()),
    Trick("single quotes", _swap('"k":3', "'k':3")),
    Trick("something after the end", lambda text: (text + "{}").encode()),
    Trick("white space that is none in JSON", lambda text: ("\u00a0" + text).encode()),
    Trick("a byte order mark in the middle", _swap('"k":3', '\ufeff"k":3')),
    Trick("cut off", lambda text: text[:-20].encode()),
    Trick("empty", lambda text: b""),
    Trick("a list of proofs", lambda text: f"[{text}]".encode()),
    Trick("null", lambda text: b"null"),
    Trick("nested too deeply", _swap('"k":3', '"k":' + "[" * 40 + "]" * 40)),
    Trick("nested a hundred thousand times", lambda text: b"[" * 100_000),
)

FINE = (
    Trick("as it is", lambda text: text.encode()),
    Trick(
        "with white space", lambda text: json.dumps(json.loads(text), indent=3, ensure_ascii=False).encode()
    ),
    Trick(
        "with Windows line ends",
        lambda text: json.dumps(json.loads(text), indent=1).replace("\n", "\r\n").encode(),
    ),
    Trick("in escapes", lambda text: json.dumps(json.loads(text)).encode()),
    Trick("keys in another order", lambda text: json.dumps(_turned(json.loads(text))).encode()),
    Trick("a byte order mark at the start", lambda text: b"\xef\xbb\xbf" + text.encode()),
    Trick("white space around", lambda text: ("\r\n\t " + text + " \n").encode()),
)


LIST_TRICKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "upper-case hex": lambda made: made.update(leaves="AB" + made["leaves"][2:]),
    "half a byte": lambda made: made.update(leaves=made["leaves"] + "0"),
    "no hex": lambda made: made.update(leaves="zz" + made["leaves"][2:]),
    "white space in the hex": lambda made: made.update(leaves=made["leaves"] + "  "),
    "leaves in a list": lambda made: made.update(leaves=[made["leaves"]]),
    "a pair of three": lambda made: made["excluded"][0].append("late"),
    "a pair of one": lambda made: made["excluded"][0].pop(),
    "a pseudonym in upper case": lambda made: made["excluded"][0].__setitem__(0, "A" * 64),
    "a reason that is no text": lambda made: made["excluded"][0].__setitem__(1, 1),
    "another format": lambda made: made.update(format="lfd1-proof"),
    "another version": lambda made: made.update(v=2),
    "a field that nobody knows": lambda made: made.update(note=""),
    "no field excluded": lambda made: made.pop("excluded"),
}
"""What makes a list file none: the name, and what is done to an honest one."""


def _turned(value: object) -> object:
    if isinstance(value, dict):
        return {key: _turned(item) for key, item in reversed(value.items())}
    return [_turned(item) for item in value] if isinstance(value, list) else value
