"""Who may approve what: another person than those who wrote it, and what a shop of one person may do instead.

Generic over what is approved (a phrase, an exemption, a rule, a model). Pure: the store asks these rules again inside
the transaction that makes something approved, with people, roles and readings as it knows them itself, so no page and
no caller can approve around them.

    mode   who may approve                                                        stamp
    pair   another person than author and editors; operator, compliance, admin    双人审核
    team   another person; compliance                                             合规审核
    solo   as pair, or the author alone, ten minutes after the last edit and a
           second reading on another screen, using no exemption                   单人审核

Break-glass stands above the mode: one admin, for 24 hours, loud, and with a review task for another person.

The law asks for no particular number of people; it holds the publisher of advertising to having checked it, and
to records of that (广告法 art. 34; 互联网广告管理办法 art. 14: an advertising operator keeps review records for three
years). Who cannot have a second pair of eyes says so on every record: that is what the stamp is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from bot.errors import NotAllowed

Kind = Literal["phrase", "exemption", "rule", "model"]
DutyMode = Literal["solo", "pair", "team"]
MODES: tuple[DutyMode, ...] = ("solo", "pair", "team")

Code = Literal[
    "not_submitted", "own_work", "role", "sitting", "too_soon", "second_reading", "not_clean", "exempted", "mode",
    "changed",
]  # fmt: skip
"""Why an approval is refused. `mode`: the house works in another duty mode, or the way chosen is not open for this kind
of thing; `changed`: what stands there now is not what was granted; `exempted`: it rests on an exemption, which nobody
may use or give himself alone."""

SITTING_MS = 15 * 60_000
"""The password is asked once for so long a sitting of review."""
SOLO_WAIT_MS = 10 * 60_000
"""How long after the last edit an author alone must wait."""
BREAK_GLASS_MS = 24 * 3_600_000
"""How long an approval by break-glass holds."""

ROLES: dict[DutyMode, frozenset[str]] = {
    "solo": frozenset({"operator", "compliance", "admin"}),
    "pair": frozenset({"operator", "compliance", "admin"}),
    "team": frozenset({"compliance"}),
}
"""Who may approve, by duty mode."""

SOLO_STAMP = "单人审核"
PAIR_STAMP = "双人审核"
TEAM_STAMP = "合规审核"
BREAK_GLASS_STAMP = "应急放行"


class ApprovalRefused(NotAllowed):
    """The approval is not given. `code` says why, for tests and translations."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


class Matter(msgspec.Struct, frozen=True):
    """What is to be approved. `digest` names exactly this content: of a phrase it is the `substance`.

    `author` and `editors` are logins; times in ms since 1970 UTC, `submitted_ms` None while nobody has asked for
    approval. `clean`: the checks found nothing that forbids it, granted exemptions counted. `exemptions` are those it
    uses. `screens` are those on which this content was written.
    """

    kind: Kind
    id: str
    digest: str
    author: str
    editors: tuple[str, ...]
    edited_ms: int
    submitted_ms: int | None
    clean: bool
    exemptions: tuple[str, ...] = ()
    screens: tuple[str, ...] = ()

    def made_by(self, login: str) -> bool:
        """Whether that person had a hand in it."""
        return login == self.author or login in self.editors


class Approver(msgspec.Struct, frozen=True):
    """Who approves. `sitting_ms`: when the password was last asked, None when it was not; `screen`: where he sits."""

    login: str
    roles: frozenset[str]
    sitting_ms: int | None
    screen: str = ""


class Reading(msgspec.Struct, frozen=True):
    """Somebody had this very content before his eyes on that screen."""

    by: str
    screen: str
    at_ms: int


class Grant(msgspec.Struct, frozen=True):
    """An approval given, for exactly `digest`. `expires_ms` None: no end of its own (break-glass has one)."""

    stamp: str
    expires_ms: int | None
    kind: Kind = "phrase"
    id: str = ""
    digest: str = ""
    by: str = ""
    mode: DutyMode = "pair"
    break_glass: bool = False


def grant(
    matter: Matter, approver: Approver, mode: DutyMode, *, readings: Sequence[Reading], now_ms: int,
    break_glass: bool = False,
) -> Grant:  # fmt: skip
    """The approval, or ApprovalRefused with the first reason against it. `readings` are those of this digest."""
    if mode not in MODES:
        raise ApprovalRefused("mode", f"{mode!r} is no duty mode; choose solo, pair or team.")
    if matter.submitted_ms is None:
        raise ApprovalRefused("not_submitted", "Nobody has sent this to review yet. Send it first.")
    own = matter.made_by(approver.login)
    stamp = _right(matter, approver, mode, own, break_glass)
    if not _sitting(approver.sitting_ms, now_ms):
        raise ApprovalRefused(
            "sitting", "The password was asked more than 15 minutes ago. Enter it once more."
        )
    if not matter.clean:
        raise ApprovalRefused(
            "not_clean", "The checks found something that may not be said. Change it before it is approved."
        )
    if own and not break_glass:
        _alone(matter, approver, readings, now_ms)
    return Grant(
        stamp, now_ms + BREAK_GLASS_MS if break_glass else None, matter.kind, matter.id, matter.digest,
        approver.login, mode, break_glass,
    )  # fmt: skip


def _right(matter: Matter, approver: Approver, mode: DutyMode, own: bool, break_glass: bool) -> str:
    """Whether this person may approve this at all; the stamp under which."""
    if break_glass:
        if matter.kind == "exemption":
            raise ApprovalRefused("mode", "An exemption cannot be given by break-glass. Ask a second person.")
        if "admin" not in approver.roles:
            raise ApprovalRefused("role", "Only an administrator may break the glass.")
        return f"{SOLO_STAMP} {BREAK_GLASS_STAMP}" if own else BREAK_GLASS_STAMP
    if own and mode != "solo":
        raise ApprovalRefused(
            "own_work", "Nobody approves what he wrote or changed himself. Ask a colleague."
        )
    if not approver.roles & ROLES[mode]:
        wanted = ", ".join(sorted(ROLES[mode]))
        raise ApprovalRefused("role", f"Your role may not approve here; it takes one of: {wanted}.")
    if own:
        return SOLO_STAMP
    return TEAM_STAMP if mode == "team" else PAIR_STAMP


def _sitting(sitting_ms: int | None, now_ms: int) -> bool:
    """A sitting that lies ahead (a clock set back) counts as none."""
    return sitting_ms is not None and 0 <= now_ms - sitting_ms <= SITTING_MS


def _alone(matter: Matter, approver: Approver, readings: Sequence[Reading], now_ms: int) -> None:
    """What an author alone has to have done. An exemption needs a second person: it is a claim about evidence."""
    if matter.exemptions or matter.kind == "exemption":
        raise ApprovalRefused(
            "exempted", "Whoever works alone may use no exemption. Change the words instead."
        )
    left = matter.edited_ms + SOLO_WAIT_MS - now_ms
    if left > 0:
        minutes = -(-left // 60_000)
        raise ApprovalRefused(
            "too_soon", f"It was changed less than ten minutes ago. Read it again in {minutes} minutes."
        )
    if not any(_second(one, matter, approver, now_ms) for one in readings):
        raise ApprovalRefused(
            "second_reading", "Read it once more on another screen than the one it was written on."
        )


def _second(reading: Reading, matter: Matter, approver: Approver, now_ms: int) -> bool:
    """Read by himself, after the last edit, on a known screen that is none of those it was written on.

    Where it is not known on which screen it was written, no screen is known to be another one.
    """
    return (
        reading.by == approver.login
        and matter.edited_ms < reading.at_ms <= now_ms
        and reading.screen != ""
        and bool(matter.screens)
        and "" not in matter.screens
        and reading.screen not in matter.screens
    )


def may_close_review(login: str, roles: frozenset[str], approved_by: str, makers: Sequence[str]) -> None:
    """Whether this person may close the review task of a break-glass approval. Raises ApprovalRefused."""
    if login == approved_by or login in makers:
        raise ApprovalRefused(
            "own_work", "The review after a break-glass is somebody else's: not his who approved or wrote it."
        )
    if not roles & ROLES["pair"]:
        raise ApprovalRefused("role", "Your role may not close a review; ask compliance or an administrator.")
