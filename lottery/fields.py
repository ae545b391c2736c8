"""Reading the fields of a JSON object strictly: each field is taken once, and none may be left over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .canonical import LARGEST_INTEGER
from .errors import LotteryError, RecordError

_HEX = re.compile(r"[0-9a-f]*", re.ASCII)


class Fields:
    """One JSON object being read.

    `where` names the object in messages ("closed record 2"); `error` is the class raised, RecordError by
    default. Call `done()` last: it refuses every field that was not asked for.
    """

    __slots__ = ("_error", "_left", "_where")

    def __init__(self, value: object, where: str, error: type[LotteryError] = RecordError) -> None:
        if not isinstance(value, Mapping):
            raise error(f"The {where} is not a JSON object; fetch the file again.")
        self._left: dict[str, Any] = dict(value)
        self._where = where
        self._error = error

    def has(self, name: str) -> bool:
        """Whether the field is there and was not taken yet."""
        return name in self._left

    def take(self, name: str) -> Any:
        """The field as it stands, of any type. Raises when it is missing."""
        if name not in self._left:
            raise self._error(f"The {self._where} lacks the field {name!r}; fetch the file again.")
        return self._left.pop(name)

    def text(self, name: str, longest: int = 4000, empty: bool = False) -> str:
        """A text of at most `longest` characters."""
        value = self.take(name)
        if not isinstance(value, str) or len(value) > longest or not (value or empty):
            self.refuse(name, f"a text of 1 to {longest} characters")
        return str(value)

    def hex(self, name: str, size: int) -> bytes:
        """`size` bytes written as lower-case hex."""
        return self.hex_of(name, self.take(name), size)

    def hex_any(self, name: str, sizes: tuple[int, ...]) -> bytes:
        """Bytes written as lower-case hex, as many as one of `sizes`."""
        value = self.take(name)
        fitting = [size for size in sizes if isinstance(value, str) and len(value) == 2 * size]
        return self.hex_of(name, value, fitting[0] if fitting else sizes[0])

    def hex_of(self, name: str, value: object, size: int) -> bytes:
        """Check one hex value that came out of a list under `name`."""
        if not isinstance(value, str) or len(value) != 2 * size or not _HEX.fullmatch(value):
            self.refuse(name, f"{size} bytes in lower-case hex")
        return bytes.fromhex(str(value))

    def hexes(self, name: str, sizes: tuple[int, ...], most: int) -> tuple[bytes, ...]:
        """A list of at most `most` values in lower-case hex, all of one length out of `sizes` (bytes).

        Checked and read all at once: a list of entries has a million of them.
        """
        values = self.items(name, most)
        if not values:
            return ()
        size = len(values[0]) // 2 if isinstance(values[0], str) else 0
        whole = set(map(type, values)) == {str} and set(map(len, values)) == {2 * size}
        if size not in sizes or not whole or not _HEX.fullmatch(joined := "".join(values)):
            wanted = " or ".join(map(str, sizes))
            self.refuse(name, f"a list of values of {wanted} bytes in lower-case hex")
        data = bytes.fromhex(joined)
        return tuple([data[at : at + size] for at in range(0, len(data), size)])

    def hex_text(self, name: str, most: int) -> bytes:
        """One text of lower-case hex of at most `most` bytes; it may be empty."""
        value = self.take(name)
        if not isinstance(value, str) or len(value) % 2 or len(value) > 2 * most or not _HEX.fullmatch(value):
            self.refuse(name, f"at most {most} bytes in lower-case hex")
        return bytes.fromhex(str(value))

    def integer(self, name: str, least: int = 0, most: int = LARGEST_INTEGER) -> int:
        """An integer of `least`..`most`; true and false are not integers here."""
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.refuse(name, f"an integer from {least} to {most}")
        return int(value)

    def constant(self, name: str, wanted: str | int) -> None:
        """The one value allowed here, type included."""
        value = self.take(name)
        if type(value) is not type(wanted) or value != wanted:
            self.refuse(name, repr(wanted))

    def items(self, name: str, most: int = 10_000_000) -> list[Any]:
        """A list of at most `most` values."""
        value = self.take(name)
        if not isinstance(value, (list, tuple)) or len(value) > most:
            self.refuse(name, f"a list of at most {most} values")
        return list(value)

    def texts(self, name: str, most: int, longest: int) -> tuple[str, ...]:
        """A list of at most `most` texts, each of 1 to `longest` characters."""
        values = self.items(name, most)
        if not all(isinstance(value, str) and 1 <= len(value) <= longest for value in values):
            self.refuse(name, f"a list of texts of 1 to {longest} characters")
        return tuple(values)

    def boolean(self, name: str) -> bool:
        """true or false."""
        value = self.take(name)
        if not isinstance(value, bool):
            self.refuse(name, "true or false")
        return bool(value)

    def integers(self, name: str, most: int = 10_000_000) -> tuple[int, ...]:
        """A list of integers from 0 on."""
        values = self.items(name, most)
        if any(not isinstance(v, int) or isinstance(v, bool) or v < 0 for v in values):
            self.refuse(name, "a list of integers from 0 on")
        return tuple(values)

    def done(self) -> None:
        """Raise when a field is left that nobody asked for."""
        if self._left:
            names = ", ".join(repr(name)[:40] for name in sorted(self._left)[:5])
            raise self._error(f"The {self._where} has fields nobody knows: {names}; it is not one of ours.")

    def refuse(self, name: str, wanted: str) -> None:
        """Raise the error of this object for one field."""
        raise self._error(f"The field {name!r} of the {self._where} must be {wanted}.")
