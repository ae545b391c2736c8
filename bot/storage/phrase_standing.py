"""Whether a stored version may be said now: what the gate asks the store, whatever anybody's memory says."""

from __future__ import annotations

from sqlalchemy import Connection, text

from bot.storage.exemptions import exemptions_of
from bot.storage.phrase_rows import phrase_in, phrases
from bot.storage.values import PhraseRow


def standing(conn: Connection, id: str, digest: str, now_ms: int, practice: bool) -> str | None:
    """None when it may be said, else the reason; see `PhraseRows.vouch_phrase`.

    The substance is reckoned anew from the stored body and compared with the one the approval is of, so that a row
    put in or changed from outside says nothing, though it call itself live.
    """
    found = phrases(conn, "WHERE p.id = :id AND p.digest = :digest", id=id, digest=digest)
    if not found:
        return "unknown"
    row = found[0]
    if row.state != "live":
        return "expired" if row.state == "expired" else "not_live"
    if row.signed == "practice" and not practice:
        return "practice_only"
    if not _approved(conn, row):
        return "not_approved"
    if (row.body.get("valid_from_ms") or 0) > now_ms:
        return "not_yet"
    return run_out(conn, row, now_ms)


def run_out(conn: Connection, row: PhraseRow, now_ms: int) -> str | None:
    """`expired` when its own end or its approval's has come, `exemption` when one it rests on does not hold (any
    more); else None."""
    ends = (row.body.get("valid_until_ms"), row.expires_ms)
    if any(end is not None and now_ms >= end for end in ends):
        return "expired"
    wanted = row.body.get("exemptions") or ()
    if wanted:
        held = {str(one.id) for one in exemptions_of(conn, row.id) if one.holds(now_ms)}
        if not set(wanted) <= held:
            return "exemption"
    return None


def _approved(conn: Connection, row: PhraseRow) -> bool:
    """Whether the body is the one that was approved; of a shipped phrase, the one its digest names."""
    try:
        phrase = phrase_in(row.body)
    except TypeError:
        return False
    if (phrase.id, phrase.digest) != (row.id, row.digest):
        return False
    if row.signed == "practice":
        return True
    asked = text("SELECT kind, subject, digest FROM approval WHERE id = :id")
    bound = conn.execute(asked, {"id": row.approval_id}).first()
    return bound is not None and tuple(bound) == ("phrase", row.id, phrase.substance)
