from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.approval import (
    BREAK_GLASS_MS,
    MODES,
    ROLES,
    SITTING_MS,
    SOLO_STAMP,
    SOLO_WAIT_MS,
    ApprovalRefused,
    Approver,
    DutyMode,
    Grant,
    Matter,
    Reading,
    grant,
    may_close_review,
)

NOW = 1_763_712_000_000
EDITED = NOW - SOLO_WAIT_MS
MATTER = Matter("phrase", "price-1", "d" * 64, "ann", ("bob",), EDITED, EDITED + 1, True, (), ("desk-1",))
SECOND = Reading("ann", "phone", NOW - 1)


def person(login: str, *roles: str, sitting_ms: int | None = NOW) -> Approver:
    return Approver(login, frozenset(roles), sitting_ms, "phone")


def asked(
    by: Approver,
    mode: DutyMode = "pair",
    *,
    readings: tuple[Reading, ...] = (),
    glass: bool = False,
    **more: Any,
) -> Grant:
    matter = msgspec.structs.replace(MATTER, **more)
    return grant(matter, by, mode, readings=readings, now_ms=NOW, break_glass=glass)


def refused(*args: Any, **more: Any) -> str:
    with pytest.raises(ApprovalRefused) as caught:
        asked(*args, **more)
    assert str(caught.value).endswith(".")
    return caught.value.code


def test_a_grant_is_for_exactly_what_was_asked() -> None:
    given = asked(person("cat", "compliance"))
    assert given == Grant("双人审核", None, "phrase", "price-1", "d" * 64, "cat", "pair", False)
    assert asked(person("cat", "compliance"), "team").stamp == "合规审核"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("role", ["viewer", "moderator", "operator", "compliance", "admin"])
def test_each_mode_knows_who_may(mode: DutyMode, role: str) -> None:
    if role in ROLES[mode]:
        assert asked(person("zoe", role), mode).by == "zoe"
    else:
        assert refused(person("zoe", role), mode) == "role"


@pytest.mark.parametrize("mode", ["pair", "team"])
@pytest.mark.parametrize("login", ["ann", "bob"])
def test_nobody_approves_what_he_wrote_or_edited(mode: DutyMode, login: str) -> None:
    assert refused(person(login, "compliance", "admin"), mode, readings=(SECOND,)) == "own_work"


def test_it_takes_a_submission_a_sitting_a_clean_lint_and_a_known_mode() -> None:
    cat = person("cat", "compliance")
    assert refused(cat, submitted_ms=None) == "not_submitted"
    assert refused(cat, clean=False) == "not_clean"
    assert refused(person("cat", "compliance", sitting_ms=None)) == "sitting"
    assert refused(person("cat", "compliance", sitting_ms=NOW - SITTING_MS - 1)) == "sitting"
    assert refused(person("cat", "compliance", sitting_ms=NOW + 1)) == "sitting"
    assert asked(person("cat", "compliance", sitting_ms=NOW - SITTING_MS)).by == "cat"
    assert refused(cat, "trio") == "mode"


def test_alone_it_takes_ten_minutes_and_a_second_reading_elsewhere() -> None:
    ann = person("ann", "operator")
    given = asked(ann, "solo", readings=(SECOND,))
    assert (given.stamp, given.expires_ms) == (SOLO_STAMP, None)
    assert refused(ann, "solo", readings=(SECOND,), edited_ms=EDITED + 1) == "too_soon"
    assert refused(ann, "solo", readings=(SECOND,), clean=False) == "not_clean"
    assert refused(ann, "solo", readings=(SECOND,), exemptions=("1",)) == "exempted"
    assert refused(ann, "solo", readings=(SECOND,), kind="exemption") == "exempted"
    assert refused(person("ann", "moderator"), "solo", readings=(SECOND,)) == "role"
    assert (
        asked(person("bob", "operator"), "solo", readings=(Reading("bob", "phone", NOW),)).stamp == SOLO_STAMP
    )
    assert asked(person("cat", "operator"), "solo").stamp == "双人审核"


@pytest.mark.parametrize(
    "reading",
    [
        Reading("bob", "phone", NOW - 1),
        Reading("ann", "desk-1", NOW - 1),
        Reading("ann", "", NOW - 1),
        Reading("ann", "phone", EDITED),
        Reading("ann", "phone", NOW + 1),
    ],
)
def test_what_is_no_second_reading(reading: Reading) -> None:
    assert refused(person("ann", "operator"), "solo", readings=(reading,)) == "second_reading"


@pytest.mark.parametrize("screens", [(), ("",), ("desk-1", "phone"), ("", "desk-1")])
def test_where_the_writing_screen_is_not_known_none_is_another(screens: tuple[str, ...]) -> None:
    assert refused(person("ann", "operator"), "solo", readings=(SECOND,), screens=screens) == "second_reading"


def test_break_glass_is_one_administrators_for_a_day() -> None:
    dan = person("dan", "admin")
    given = asked(dan, "team", glass=True)
    assert (given.expires_ms, given.break_glass, given.stamp) == (NOW + BREAK_GLASS_MS, True, "应急放行")
    own = asked(person("ann", "admin"), "solo", glass=True)
    assert own.stamp == "单人审核 应急放行"
    assert refused(person("cat", "compliance"), glass=True) == "role"
    assert refused(dan, glass=True, clean=False) == "not_clean"
    assert refused(dan, glass=True, submitted_ms=None) == "not_submitted"
    assert refused(dan, glass=True, kind="exemption") == "mode"
    assert refused(person("dan", "admin", sitting_ms=None), glass=True) == "sitting"


def test_the_review_after_a_break_glass_is_somebody_elses() -> None:
    may_close_review("cat", frozenset({"compliance"}), "dan", ["ann", "bob"])
    for login in ("dan", "ann", "bob"):
        with pytest.raises(ApprovalRefused) as caught:
            may_close_review(login, frozenset({"admin"}), "dan", ["ann", "bob"])
        assert caught.value.code == "own_work"
    with pytest.raises(ApprovalRefused) as caught:
        may_close_review("eve", frozenset({"moderator"}), "dan", ["ann"])
    assert caught.value.code == "role"


LOGINS = st.sampled_from(["ann", "bob", "cat"])
TIMES = st.integers(NOW - 2 * SOLO_WAIT_MS, NOW + SOLO_WAIT_MS)
MATTERS = st.builds(
    Matter, st.sampled_from(["phrase", "exemption", "rule", "model"]), st.just("x"), st.just("d"), LOGINS,
    st.lists(LOGINS, max_size=2).map(tuple), TIMES, st.none() | TIMES, st.booleans(),
    st.sampled_from([(), ("1",)]), st.sampled_from([(), ("desk",), ("",)]),
)  # fmt: skip
APPROVERS = st.builds(
    Approver, LOGINS, st.frozensets(st.sampled_from(["operator", "compliance", "admin", "viewer"]), max_size=3),
    st.none() | TIMES, st.sampled_from(["desk", "phone"]),
)  # fmt: skip
READINGS = st.lists(st.builds(Reading, LOGINS, st.sampled_from(["desk", "phone", ""]), TIMES), max_size=3)


@settings(max_examples=400, deadline=None)
@given(MATTERS, APPROVERS, st.sampled_from(MODES), READINGS, st.booleans())
def test_whatever_is_granted_somebody_else_stands_behind_it_or_it_says_so(
    matter: Matter, by: Approver, mode: DutyMode, readings: list[Reading], glass: bool
) -> None:
    try:
        given = grant(matter, by, mode, readings=readings, now_ms=NOW, break_glass=glass)
    except ApprovalRefused:
        return
    own = by.login == matter.author or by.login in matter.editors
    assert matter.clean
    assert matter.submitted_ms is not None
    assert by.sitting_ms is not None
    assert by.roles & {"operator", "compliance", "admin"}
    if own:
        assert SOLO_STAMP in given.stamp
        assert mode == "solo" or given.break_glass
        assert given.break_glass or not matter.exemptions
    assert (given.expires_ms is not None) == given.break_glass == glass
    assert not glass or "admin" in by.roles
