"""Why somebody who tried to enter did not: the reason codes, in the order in which a commitment lists them."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """All reasons there are. A commitment lists those that its rule can give (`contests.refusals_of`).

    `early`, `late`: outside the window (in a rain: outside the keyword's wave). `unknown_viewer`: the platform
    did not tell who spoke. `previous_winner`: won in an earlier draw that the rules count. `not_following`,
    `fan_level`, `account_level`: a committed condition was not met, or the platform did not tell.
    """

    EARLY = "early"
    LATE = "late"
    OTHER_ROOM = "other_room"
    UNKNOWN_VIEWER = "unknown_viewer"
    STAFF = "staff"
    BLACKLISTED = "blacklisted"
    PREVIOUS_WINNER = "previous_winner"
    NOT_FOLLOWING = "not_following"
    FAN_LEVEL = "fan_level"
    ACCOUNT_LEVEL = "account_level"
    WRONG_ANSWER = "wrong_answer"
    OUT_OF_RANGE = "out_of_range"
    DUPLICATE = "duplicate"


FIRST_SHAPE = ("early", "late", "other_room", "unknown_viewer", "staff", "duplicate")
"""The codes under an entry rule of the first shape, drawn up by versions before 0.5."""
