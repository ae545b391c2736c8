"""Finding words again without keeping them: tokens that mean nothing without the search key.

A token is the HMAC-SHA256 of one character (or one syllable) under the search key, cut to 64 bits, in base32. The
tokens of a text stand in its order, so a phrase is a run of consecutive tokens: SQLite keeps them in an FTS5 table
(`unicode61`), PostgreSQL in arrays with GIN. White space makes no token; letters are folded to one case and width.

Honest limit: who has the search key and the file can count characters and guess. Erasure deletes the tokens too.
"""

from __future__ import annotations

import base64
import hmac
import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, text

from bot.storage.vault import Syllables

REMEMBERED = 20_000
"""Tokens kept in memory; all are dropped when so many are there."""

LONGEST = 512
"""Characters of one text that make tokens; a comment longer than that is found by its beginning."""

BORDER = "x"
"""Stands between the words as seen and as normalised, so that no phrase runs across."""


class Terms:
    """Makes tokens. `syllables` None: no search by sound."""

    def __init__(self, key: bytes, syllables: Syllables | None = None) -> None:
        self._key = key
        self._syllables = syllables
        self._tokens: dict[str, str] = {}

    def of_comment(self, seen: str, normal: str) -> tuple[list[str], list[str]]:
        """Tokens of characters and of syllables of a comment."""
        folded = fold(seen)
        chars = self._all("c", folded)
        plain = fold(normal)
        if plain and plain != folded:
            chars += [BORDER, *self._all("c", plain)]
        return chars, self._sounds(plain or folded)

    def of_query(self, words: str) -> tuple[list[str], list[str]]:
        """Tokens to look for, characters and syllables. Both empty when `words` holds nothing to look for."""
        folded = fold(words)
        return self._all("c", folded), self._sounds(folded)

    def _sounds(self, folded: str) -> list[str]:
        return self._all("s", self._syllables(folded)[:LONGEST]) if self._syllables is not None else []

    def _all(self, kind: str, parts: Iterable[str]) -> list[str]:
        tokens = self._tokens
        return [tokens.get(kind + part) or self._token(kind + part) for part in parts]

    def _token(self, part: str) -> str:
        digest = hmac.digest(self._key, part.encode("utf-8", "surrogatepass"), "sha256")[:8]
        token = base64.b32encode(digest).rstrip(b"=").decode().lower()
        if len(self._tokens) >= REMEMBERED:
            self._tokens.clear()
        self._tokens[part] = token
        return token


def fold(words: str) -> str:
    """One case, one width, no white space, at most LONGEST characters."""
    words = words[:LONGEST]
    if not words.isascii():
        words = unicodedata.normalize("NFKC", words)
    return "".join(words.casefold().split())[:LONGEST]


def insert_terms(conn: Connection, rows: Sequence[tuple[int, list[str], list[str]]]) -> None:
    """Store the tokens of texts: (n of comment_text, characters, syllables)."""
    if not rows:
        return
    if conn.dialect.name == "sqlite":
        flat = [(n, " ".join(chars), " ".join(sounds)) for n, chars, sounds in rows]
        conn.exec_driver_sql("INSERT INTO search_term (rowid, chars, syllables) VALUES (?, ?, ?)", flat)
    else:
        conn.exec_driver_sql("INSERT INTO search_term (id, chars, syllables) VALUES (%s, %s, %s)", list(rows))


def delete_terms(conn: Connection, numbers: Sequence[int]) -> None:
    """Take the tokens of these texts away."""
    row = "rowid" if conn.dialect.name == "sqlite" else "id"
    for start in range(0, len(numbers), 500):
        conn.execute(
            text(f"DELETE FROM search_term WHERE {row} IN :n").bindparams(bindparam("n", expanding=True)),
            {"n": list(numbers[start : start + 500])},
        )


def find_terms(conn: Connection, chars: Sequence[str], sounds: Sequence[str], limit: int) -> list[int]:
    """The n of texts that hold these characters, or these syllables, one after the other; latest first."""
    if not chars and not sounds:
        return []
    if conn.dialect.name == "sqlite":
        parts = [
            f'{name} : "{" ".join(run)}"' for name, run in (("chars", chars), ("syllables", sounds)) if run
        ]
        found = conn.execute(
            text(
                "SELECT rowid FROM search_term WHERE search_term MATCH :query ORDER BY rowid DESC LIMIT :limit"
            ),
            {"query": " OR ".join(parts), "limit": limit},
        )
        return [row[0] for row in found]
    found = conn.execution_options(stream_results=True).execute(
        text(
            "SELECT id, chars, syllables FROM search_term WHERE (cardinality(CAST(:chars AS text[])) > 0 "
            "AND chars @> CAST(:chars AS text[])) OR (cardinality(CAST(:sounds AS text[])) > 0 "
            "AND syllables @> CAST(:sounds AS text[])) ORDER BY id DESC"
        ),
        {"chars": list(chars), "sounds": list(sounds)},
    )
    hits: list[int] = []
    for n, its_chars, its_sounds in found:
        if _runs(chars, its_chars) or _runs(sounds, its_sounds):
            hits.append(n)
            if len(hits) == limit:
                break
    found.close()
    return hits


def _runs(run: Sequence[str], inside: Sequence[str]) -> bool:
    size = len(run)
    return size > 0 and any(list(inside[at : at + size]) == list(run) for at in range(len(inside) - size + 1))
