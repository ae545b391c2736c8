"""The life of a phrase in the store: draft, in review, approved, live, expired or withdrawn; each step a record.

    draft ──► in_review ──► approved ──► live ──► expired
      ▲  ◄── returned ─┘        │          └────► withdrawn (by anybody, or by the version that takes its place)
      └────── an edit ──────────┘

A version is named by id and digest; its words never change under them. What the digest leaves out (tone, shop, room,
evidence, exemptions) may change while it is no live version, and any change sends it back to draft: an approval binds
the substance. Editors of a version are those who wrote versions of that id since somebody else last approved one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from bot.approval import ApprovalRefused, Approver, DutyMode, Grant, Matter
from bot.errors import NotAllowed
from bot.storage.approvals import ApprovalRows, approve, screens_of
from bot.storage.canonical import clean
from bot.storage.exemptions import require_evidence, require_exemptions
from bot.storage.ledger import Deed
from bot.storage.phrase_drafts import keep_draft
from bot.storage.phrase_rows import draft_of, one_each, phrase_in, phrases, row_of
from bot.storage.phrase_seeds import seed
from bot.storage.phrase_standing import run_out, standing
from bot.storage.phrase_steps import KIND, PRACTICE, change, note, superseded
from bot.storage.values import PhraseRow
from replies.phrase import Phrase

PHRASE_STATES = ("draft", "in_review", "approved", "live", "expired", "withdrawn")


class PhraseRows(ApprovalRows):
    """The library's part of the journal. Every change is one transaction with its record in the house's chain."""

    def seed_practice_library(self, bodies: Sequence[Mapping[str, Any]]) -> int:
        """Put the shipped library in: live, signed `practice`; a newer shipped version takes the place of the older,
        which is withdrawn. An id of the shop's own is not touched, and a phrase a person has withdrawn stays so. Each
        body has at least `id` and `digest`. Returns how many phrases changed."""
        with self.deed() as deed:
            return seed(deed, bodies)

    def save_phrase(self, body: Mapping[str, Any], *, state: str, signed: str, by: str) -> PhraseRow:
        """A phrase version as it now stands. The body of a version never changes: its digest names it.

        Nothing becomes sayable this way but what is signed `practice`: that takes `approve_phrase`.
        """
        if state not in PHRASE_STATES:
            raise NotAllowed(f"{state!r} is no state of a phrase; choose one of {', '.join(PHRASE_STATES)}.")
        if state in ("approved", "live") and signed != PRACTICE:
            raise NotAllowed("A phrase goes live by being approved. Send it to review.")
        with self.deed() as deed:
            row = row_of(body, state, signed, by, deed.written_ms)
            before = deed.fetch("phrase_version", id=row["id"], digest=row["digest"])
            if before is not None and before["body"] != row["body"]:
                raise NotAllowed(
                    f"Phrase {row['id']} has another body under the digest {row['digest']}; check it."
                )
            commitment = deed.save("phrase_version", row | {"approval_id": None})
            note(deed, "saved", row["id"], row["digest"], by, [commitment], state=state)
            return _found(deed, row["id"], row["digest"])

    def draft_phrase(self, phrase: Phrase, *, by: str, screen: str = "") -> PhraseRow:
        """Keep what `by` wrote on `screen` as a draft. State, names and signature of `phrase` are not taken over.

        Words that differ make a new version; the live one is never touched. The same words with other evidence, tone,
        shop, room or exemptions change the version there is, and an approval or submission of it is void. Nothing
        changed: the version as it stands. Raises NotAllowed when these very words are live already.
        """
        draft = draft_of(phrase, clean(by))
        with self.deed() as deed:
            keep_draft(deed, draft, screen)
            return _found(deed, draft.id, draft.digest)

    def draft_phrases(self, drafts: Sequence[Phrase], *, by: str, screen: str = "") -> int:
        """Keep many as `draft_phrase` does, in their order, all or none; gives how many were new or changed anything.

        Each version has a record of its own, as every step of its life has. Raises NotAllowed as `draft_phrase` does;
        then nothing was kept.
        """
        with self.deed() as deed:
            return sum(keep_draft(deed, draft_of(one, clean(by)), screen) for one in drafts)

    def submit_phrase(self, id: str, digest: str, *, by: str) -> PhraseRow:
        """Send a draft to review. Raises NotAllowed when it is no draft, or its evidence or exemptions are not kept
        here."""
        with self.deed() as deed:
            row = _in_state(deed, id, digest, "draft", "sent to review")
            if row["substance"] is None:
                raise NotAllowed("This version has no author. Save it once more as a draft of yours.")
            phrase = phrase_in(msgspec.json.decode(row["body"]))
            require_evidence(deed, phrase.evidence)
            require_exemptions(deed, phrase, None)
            done = change(deed, id, digest, by, state="in_review", submitted_ms=deed.written_ms)
            note(deed, "submitted", id, digest, by, [done], substance=row["substance"])
            return _found(deed, id, digest)

    def return_phrase(self, id: str, digest: str, *, by: str, reason: str) -> PhraseRow:
        """Review says no: back to draft, with a reason. Raises NotAllowed when it is not in review."""
        with self.deed() as deed:
            _in_state(deed, id, digest, "in_review", "returned")
            done = change(deed, id, digest, by, state="draft", submitted_ms=None)
            note(deed, "returned", id, digest, by, [done], reason=clean(reason)[:500])
            return _found(deed, id, digest)

    def phrase_matter(self, id: str, digest: str, *, clean: bool) -> Matter:
        """What an approval of this version would be about; its digest is the substance. `clean`: lint found nothing
        that forbids it. Raises NotAllowed when there is none or it has no author."""
        with self.store.read() as conn:
            row = _version(conn, id, digest)
            if row is None:
                raise NotAllowed(f"There is no phrase {id!r} of version {digest!r}.")
            return _matter(conn, row, clean)

    def approve_phrase(
        self, id: str, digest: str, *, grant: Grant, approver: Approver, mode: DutyMode, now_ms: int
    ) -> PhraseRow:
        """Approve a version in review; live at once when its time has come by `now_ms`, else `approved` until then.

        The live version of the same id is withdrawn by that. Raises NotAllowed when it is not in review (or has run
        out already), ApprovalRefused when the rules, asked again here, are against it or it is not what was granted.
        """
        with self.deed() as deed:
            row = _in_state(deed, id, digest, "in_review", "approved")
            phrase = phrase_in(msgspec.json.decode(row["body"]))
            if phrase.substance != row["substance"] or phrase.digest != row["digest"]:
                raise ApprovalRefused(
                    "changed", f"Phrase {id} was changed outside the program. Save it anew."
                )
            if phrase.valid_until_ms is not None and now_ms >= phrase.valid_until_ms:
                raise NotAllowed(f"Phrase {id} has run out already. Give it a later end and send it again.")
            require_evidence(deed, phrase.evidence)
            require_exemptions(deed, phrase, now_ms)
            matter = _matter(deed.conn, _found(deed, id, digest), True)
            given, commitment = approve(deed, matter, grant, approver, mode)
            state = "live" if (phrase.valid_from_ms or 0) <= now_ms else "approved"
            rows = [commitment, *(superseded(deed, id, approver.login) if state == "live" else ())]
            rows.append(change(
                deed, id, digest, approver.login, state=state, signed=f"approval:{given.id}", approval_id=given.id
            ))  # fmt: skip
            note(
                deed, "approved", id, digest, approver.login, rows, substance=row["substance"], state=state,
                approval=given.id, mode=mode, stamp=given.stamp, break_glass=given.break_glass,
            )  # fmt: skip
            return _found(deed, id, digest)

    def withdraw_phrase(self, id: str, digest: str, by: str, reason: str = "") -> None:
        """From now on this version is said nowhere. Raises NotAllowed when there is none."""
        with self.deed() as deed:
            _required(deed, id, digest)
            done = change(deed, id, digest, by, state="withdrawn")
            note(deed, "withdrawn", id, digest, by, [done], reason=clean(reason)[:500])

    def advance_phrases(self, now_ms: int) -> list[PhraseRow]:
        """What time alone brings: approved versions whose time has come go live, those that have run out (their own
        end, that of a break-glass or of an exemption they rest on) expire. Returns what has changed."""
        with self.store.read() as conn:  # most of the time there is nothing to do, and nobody is held up
            waiting = [
                one
                for one in phrases(conn, _STANDING)
                if _next_state(one, run_out(conn, one, now_ms), now_ms)
            ]
        if not waiting:
            return []
        changed: dict[tuple[str, str], PhraseRow] = {}
        with self.deed() as deed:
            for row in sorted(phrases(deed.conn, _STANDING), key=lambda one: one.approved_ms or 0):
                over = run_out(deed.conn, row, now_ms)
                state = _next_state(row, over, now_ms)
                if state is None:
                    continue
                rows = superseded(deed, row.id, "clock") if state == "live" else []
                rows.append(change(deed, row.id, row.digest, "clock", state=state))
                note(deed, state, row.id, row.digest, "clock", rows, reason=over or "valid_from")
                changed[row.id, row.digest] = _found(deed, row.id, row.digest)
        return list(changed.values())

    def vouch_phrase(self, id: str, digest: str, now_ms: int, *, practice: bool) -> str | None:
        """None when this version may be said now; else why not: unknown, not_live, not_yet, expired, practice_only,
        not_approved (no approval of exactly this substance), exemption (one it rests on does not hold)."""
        with self.store.read() as conn:
            return standing(conn, clean(id), clean(digest), now_ms, practice)

    def phrase_version(self, id: str, digest: str) -> PhraseRow | None:
        """One version, whatever its state. Asked before every sending."""
        with self.store.read() as conn:
            return _version(conn, id, digest)

    def phrase_versions(self, state: str | None = None) -> list[PhraseRow]:
        """All versions, or those of one state; by id, the latest change last."""
        with self.store.read() as conn:
            return phrases(conn) if state is None else phrases(conn, "WHERE p.state = :state", state=state)

    def live_phrases(self) -> list[PhraseRow]:
        """The versions that are live, one per id."""
        return one_each(self.phrase_versions("live"))


_STANDING = "WHERE p.state IN ('approved', 'live') AND p.signed <> 'practice'"


def _next_state(row: PhraseRow, over: str | None, now_ms: int) -> str | None:
    """Where time brings a version; None when it stays."""
    if over is not None:
        return "expired"
    return "live" if row.state == "approved" and (row.body.get("valid_from_ms") or 0) <= now_ms else None


def _matter(conn: Connection, row: PhraseRow, clean: bool) -> Matter:
    if row.substance is None or row.author is None or row.edited_ms is None:
        raise NotAllowed(f"Phrase {row.id} has no author here. Save it as a draft first.")
    return Matter(
        KIND, row.id, row.substance, row.author, row.editors, row.edited_ms, row.submitted_ms, clean,
        tuple(row.body.get("exemptions", ())), screens_of(conn, KIND, row.id, row.substance),
    )  # fmt: skip


def _version(conn: Connection, id: str, digest: str) -> PhraseRow | None:
    found = phrases(conn, "WHERE p.id = :id AND p.digest = :digest", id=clean(id), digest=clean(digest))
    return found[0] if found else None


def _required(deed: Deed, id: str, digest: str) -> dict[str, Any]:
    row = deed.fetch("phrase_version", id=clean(id), digest=clean(digest))
    if row is None:
        raise NotAllowed(f"There is no phrase {id!r} of version {digest!r}.")
    return row


def _in_state(deed: Deed, id: str, digest: str, state: str, act: str) -> dict[str, Any]:
    row = _required(deed, id, digest)
    if row["state"] != state:
        raise NotAllowed(f"This version of {id} is {row['state']} and cannot be {act}. Load the page again.")
    return row


def _found(deed: Deed, id: str, digest: str) -> PhraseRow:
    return phrases(deed.conn, "WHERE p.id = :id AND p.digest = :digest", id=clean(id), digest=clean(digest))[
        0
    ]
