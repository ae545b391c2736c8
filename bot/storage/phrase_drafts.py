"""A draft as a row: who is its author, and who had a hand in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.errors import NotAllowed
from bot.storage.approvals import WRITTEN, put_reading
from bot.storage.canonical import json_text
from bot.storage.ledger import Deed
from bot.storage.phrase_rows import body_of, phrases, row_of
from bot.storage.phrase_steps import KIND, PRACTICE, note
from bot.storage.values import PhraseRow
from replies.phrase import Phrase


def keep_draft(deed: Deed, draft: Phrase, screen: str) -> bool:
    """Keep a draft (`phrase_rows.draft_of`) its author wrote on `screen`, with its record; False when nothing is new
    in it. Raises NotAllowed when these very words are live already."""
    before = deed.fetch("phrase_version", id=draft.id, digest=draft.digest)
    if before is None:
        row = new_row(deed, draft)
    else:
        same = before["substance"] == draft.substance
        if before["state"] == "live":
            _refuse_live(before, same)
        if same and before["state"] in ("live", "approved", "in_review", "draft"):
            return False
        row = changed_row(deed, before, draft)
    commitment = deed.save("phrase_version", row)
    note(deed, "drafted", draft.id, draft.digest, draft.author, [commitment], substance=draft.substance)
    put_reading(deed, KIND + WRITTEN, draft.id, draft.substance, draft.author, screen)
    return True


def _refuse_live(before: Mapping[str, Any], same: bool) -> None:
    if before["signed"] == PRACTICE:
        raise NotAllowed(
            f"{before['id']} is a phrase of the practice library. Save yours under an id of its own."
        )
    if not same:
        raise NotAllowed(
            f"These very words of {before['id']} are live. Change the words, or withdraw that version first."
        )


def new_row(deed: Deed, draft: Phrase) -> dict[str, Any]:
    """A version not there before. Whose words of this id nobody else has approved yet may have written it too: they
    are its editors. Words settled by another person's approval are anybody's to build on; else two people could never
    keep a phrase between them."""
    earlier = phrases(deed.conn, "WHERE p.id = :id", id=draft.id)
    settled = max((one.approved_ms or 0 for one in earlier if _by_another(one)), default=0)
    makers = {
        login
        for one in earlier
        if one.edited_ms is not None and one.edited_ms >= settled and not _by_another(one)
        for login in (one.author, *one.editors)
        if login is not None
    }
    return _draft_row(deed, draft, draft.author, makers - {draft.author})


def _by_another(row: PhraseRow) -> bool:
    """Whether somebody else than its makers has approved it."""
    makers = {row.author, *row.editors}
    return row.approved_by is not None and not row.break_glass and row.approved_by not in makers


def changed_row(deed: Deed, before: Mapping[str, Any], draft: Phrase) -> dict[str, Any]:
    """The same words written once more: who wrote them first stays their author."""
    author = before["author"] or draft.author
    editors = {*msgspec.json.decode(before["editors"] or "[]"), draft.author} - {author}
    return _draft_row(deed, draft, author, editors)


def _draft_row(deed: Deed, draft: Phrase, author: str, editors: set[str]) -> dict[str, Any]:
    return row_of(body_of(draft), "draft", "", draft.author, deed.written_ms) | {
        "author": author, "editors": json_text(sorted(editors)), "substance": draft.substance, "approval_id": None,
        "edited_ms": deed.written_ms, "submitted_ms": None,
    }  # fmt: skip
