"""The secret salts of draws that take entries: who an entrant is in a draw's list."""

from __future__ import annotations

from lottery.entry import entry_salt, pseudonym


class Salts:
    """The secret salts of draws that take entries; gives an entrant's salt and pseudonym."""

    def __init__(self) -> None:
        self._salts: dict[str, bytes] = {}

    def keep(self, draw_id: str, salt: bytes) -> None:
        self._salts[draw_id] = salt

    def entrant(self, draw_id: str, platform: str, uid: str) -> tuple[bytes, bytes]:
        """(entry_salt, pseudonym) of a viewer in a draw (LFD1 section 3.3). KeyError for an unknown draw."""
        salt = entry_salt(self._salts[draw_id], platform, uid)
        return salt, pseudonym(salt, draw_id, platform, uid)
