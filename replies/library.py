"""The phrase library: which phrases there are, which may be said now, and the gate before anything is
said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from replies.errors import LibraryError, PhraseRefused
from replies.facts import Product
from replies.phrase import SAYABLE, Phrase
from replies.sheet import COLUMNS, FURTHER, dump_csv, load_csv

__all__ = ["COLUMNS", "FURTHER", "Library", "dump_csv", "load_csv"]


class Library:
    """All phrases of one room, one version each. Never changes; an edit makes another library.

    Raises LibraryError when two phrases share an id.
    """

    __slots__ = ("_by_intent", "_digests", "_phrases")

    def __init__(self, phrases: Iterable[Phrase] = ()) -> None:
        self._phrases: dict[str, Phrase] = {}
        by_intent: dict[str, list[Phrase]] = {}
        twice: list[str] = []
        for phrase in phrases:
            if phrase.id in self._phrases:
                twice.append(f"Phrase id {phrase.id!r} is used twice. Give each phrase its own.")
                continue
            self._phrases[phrase.id] = phrase
            by_intent.setdefault(phrase.intent, []).append(phrase)
        if twice:
            raise LibraryError(twice)
        self._by_intent: Mapping[str, tuple[Phrase, ...]] = {
            intent: tuple(sorted(group, key=lambda phrase: phrase.id)) for intent, group in by_intent.items()
        }
        self._digests = {phrase.id: phrase.digest for phrase in self._phrases.values()}

    def __iter__(self) -> Iterator[Phrase]:
        return iter(self._phrases.values())

    def __len__(self) -> int:
        return len(self._phrases)

    def __contains__(self, phrase_id: object) -> bool:
        return phrase_id in self._phrases

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over ids, digests and states: names this library in a record's versions."""
        lines = sorted(f"{one.id}\t{self._digests[one.id]}\t{one.state}\n" for one in self._phrases.values())
        return hashlib.sha256("".join(lines).encode("utf-8", "backslashreplace")).hexdigest()

    def get(self, phrase_id: str) -> Phrase | None:
        """The phrase, whatever its state; None when there is none of this id."""
        return self._phrases.get(phrase_id)

    def eligible(
        self,
        intent: str,
        product: Product | None,
        *,
        platform: str | None,
        lang: str,
        now_ms: int,
        practice: bool,
        room: str | None = None,
        merchant: str | None = None,
    ) -> tuple[Phrase, ...]:
        """Phrases that may be said to this question about this product, the most specific scope first.

        `product` None leaves only phrases of scope any. `practice` says that the room is a practice room (or
        demo or replay): only there may phrases signed `practice` be said. Facts are not looked at here.
        """
        ranked: list[tuple[int, str, Phrase]] = []
        for phrase in self._by_intent.get(intent, ()):
            rank = _rank(phrase, product)
            if rank is None or phrase.lang != lang or phrase.platform not in (None, "", platform):
                continue
            if _reason(phrase, now_ms, practice, room, merchant) is None:
                ranked.append((rank, phrase.id, phrase))
        return tuple(phrase for _, _, phrase in sorted(ranked, key=lambda one: one[:2]))

    def check(
        self,
        phrase_id: str,
        digest: str,
        now_ms: int,
        practice: bool,
        *,
        room: str | None = None,
        merchant: str | None = None,
    ) -> None:
        """The gate before the outbox speaks, whoever queued the row.

        Raises PhraseRefused: unknown, digest (another version than the one chosen), not_approved, not_yet,
        expired, practice_only, other_room.
        """
        phrase = self._phrases.get(phrase_id)
        if phrase is None:
            raise PhraseRefused("unknown", phrase_id)
        if digest != self._digests[phrase_id]:
            raise PhraseRefused("digest", phrase_id)
        reason = _reason(phrase, now_ms, practice, room, merchant)
        if reason is not None:
            raise PhraseRefused(reason, phrase_id)


def _rank(phrase: Phrase, product: Product | None) -> int | None:
    """0 for this very product, 1 for its class, 2 for any; None when the phrase is about something else."""
    if phrase.scope == "any":
        return 2
    if product is None:
        return None
    if phrase.scope == "product":
        return 0 if phrase.product == product.id else None
    return 1 if phrase.product == product.klass else None


def _reason(
    phrase: Phrase, now_ms: int, practice: bool, room: str | None, merchant: str | None
) -> str | None:
    """Why the phrase may not be said here and now; None when it may."""
    if phrase.state == "expired":
        return "expired"
    if phrase.state not in SAYABLE:
        return "not_approved"
    if phrase.valid_from_ms is not None and now_ms < phrase.valid_from_ms:
        return "not_yet"
    if phrase.valid_until_ms is not None and now_ms >= phrase.valid_until_ms:
        return "expired"
    if phrase.signed == "practice" and not practice:
        return "practice_only"
    if phrase.room not in (None, "", room) or phrase.merchant not in (None, "", merchant):
        return "other_room"
    return None
