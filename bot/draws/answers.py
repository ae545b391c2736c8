"""What a viewer may ask about a draw, and what is answered: was I in it, and my prize."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.errors import NotAllowed

How = Literal["receipt", "code", "name"]


@dataclass(frozen=True, slots=True)
class Query:
    """ "Was I in it?" `how`: by receipt code, by the code typed in the room (查询 CODE), or by the name shown with the
    minute of entry. `minute` is "HH:MM" in Beijing and goes with a name only."""

    how: How
    text: str
    minute: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One of the two leaves between which a missing pseudonym would stand; hashes in hex."""

    position: int
    leaf: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer. `in`: on the list; `refused`: said, but does not count, for `reason` (lottery.entry.Refusal);
    `none`: nothing of theirs in this draw; `many`: more than one viewer fits, ask by code; `wait`: stored as an entry,
    but the list is not closed yet, so there is no position.

    `at_ms` when it was said; `name` masked; `comments` how many further ones of theirs were refused. `pseudonym`,
    `leaf`, `path` in hex, `position` from 0, `size` and `root` of the tree they prove it against: the entry list's, or
    the excluded list's when `excluded`. `neighbours` prove an absence. `entry_salt` (hex) only for whoever showed the
    receipt.
    """

    state: Literal["in", "refused", "none", "many", "wait"]
    reason: str = ""
    at_ms: int | None = None
    name: str = ""
    comments: int = 0
    pseudonym: str = ""
    position: int | None = None
    leaf: str = ""
    path: tuple[str, ...] = ()
    size: int = 0
    root: str = ""
    excluded: bool = False
    neighbours: tuple[Neighbour, ...] = ()
    entry_salt: str = ""


ClaimState = Literal[
    "waiting", "open", "bound", "confirmed", "shipped", "received", "forfeited", "disqualified"
]


SPENT = "spent"
"""Reason of a page that waits in vain: the account that typed its code first has no place that waits for a page. Only
another page, with another code, helps."""


@dataclass(frozen=True, slots=True)
class ClaimView:
    """What a winner's page shows. `waiting`: the page has a code, and nobody has typed it in the room yet.

    `code` is the page's claim code; `place` counts from 1, None while unbound; `kind` is of lottery.rules.PRIZE_KINDS;
    `due_ms` until when the claim must be confirmed. `coupon` is the code won, "" until it was revealed;
    `coupon_waiting`: the pool is empty just now. `delivery_wanted`: an address is needed; `delivered`: one is stored.
    `reason` is a code of lottery.claim.CLAIM_REASONS, or SPENT while waiting; `masked_to` names the receiver in part.
    """

    state: ClaimState
    code: str
    place: int | None = None
    rank: str = ""
    prize: str = ""
    kind: str = ""
    due_ms: int | None = None
    coupon: str = ""
    coupon_waiting: bool = False
    delivery_wanted: bool = False
    delivered: bool = False
    tracking: str = ""
    reason: str = ""
    masked_to: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a prize goes. Typed by the winner on the winner's page only; encrypted under the winner's own key."""

    name: str
    phone: str
    address: str


TURNED_AWAY = {
    "limit": "This has been asked too often. Wait a while and try again.",
    "no_draw": "There is no such draw.",
    "too_early": "The winners of this draw are not drawn yet.",
    "too_late": "The time for claims of this draw is over.",
    "unknown_page": "This claim page is not known. Begin again on the draw's page.",
    "not_bound": "Nobody has typed this code in the room from a winning account yet.",
    "settled": "This prize is settled already.",
    "not_this_prize": "This prize has nothing of that kind.",
    "pool_empty": "No coupon is left just now. The shop has been told; come back later.",
    "field": "One of the fields is not right.",
}
"""Why a viewer is turned away, and the sentence for logs; pages say it in their own language."""


class TurnedAway(NotAllowed):
    """A viewer's request cannot be done. `code` is a key of TURNED_AWAY; `field` names the field at fault."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(TURNED_AWAY[code])
        self.code = code
        self.field = field
