"""Signs of several accounts in one hand: what is flagged, what is not, and that nobody is removed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.draws.alts import BURST_MS, MOST_SHOWN, NEW_MS, Entrant, flags, stem


def entrants(
    *names: str, uids: tuple[str, ...] = (), step: int = 5_000, first: int | None = None
) -> list[Entrant]:
    """Entrants under these names, `step` ms apart, first heard `first` ms before they entered."""
    named = uids or tuple(f"u{number * 17}" for number in range(len(names)))
    return [
        Entrant(
            uid, name, 1_000_000 + number * step, None if first is None else 1_000_000 + number * step - first
        )
        for number, (name, uid) in enumerate(zip(names, named, strict=True))
    ]


def test_names_alike_but_for_digits_are_flagged() -> None:
    (flag,) = flags(entrants("小羊1", "路人", "小羊22", "小羊-3"))
    assert (flag.code, flag.count, flag.detail) == ("names_alike", 3, "小羊")
    assert flag.uids == ("u0", "u34", "u51")
    assert (flag.from_ms, flag.to_ms) == (1_000_000, 1_015_000)


def test_two_of_a_kind_are_a_coincidence() -> None:
    assert flags(entrants("小羊1", "小羊2", "路人甲")) == ()


@pytest.mark.parametrize("name", ["", "1", "12345", "王", "__", "🎉🎉🎉", "\ud800\ud800"])
def test_a_name_that_says_nothing_makes_no_group(name: str) -> None:
    assert stem(name) == ""
    assert flags(entrants(name, name, name, name)) == ()


def test_full_width_and_case_are_one() -> None:
    assert stem("ＡＢＣ１") == stem("abc99") == "abc"


def test_uids_in_a_row_are_flagged_and_others_are_not() -> None:
    row = entrants("甲乙", "丙丁", "戊己", "庚辛", uids=("1001", "1003", "1004", "9999"))
    (flag,) = flags(row)
    assert (flag.code, flag.detail, flag.uids) == ("uids_in_a_row", "1001-1004", ("1001", "1003", "1004"))
    assert flags(entrants("甲乙", "丙丁", "戊己", uids=("a1", "a2", "a3"))) == ()
    assert flags(entrants("甲乙", "丙丁", "戊己", uids=("1001", "1010", "1020"))) == ()


def test_a_burst_of_accounts_never_heard_before_is_flagged() -> None:
    names = ("甲乙", "丙丁", "戊己", "庚辛", "壬癸")
    (flag,) = flags(entrants(*names, step=10, first=0))
    assert (flag.code, flag.count) == ("burst_of_new", 5)
    assert flags(entrants(*names, step=10, first=NEW_MS + 1)) == (), "they were here before"
    assert flags(entrants(*names, step=10)) == (), "nobody knows"
    assert flags(entrants(*names, step=BURST_MS, first=0)) == (), "not at once"
    assert flags(entrants(*names[:4], step=10, first=0)) == (), "too few"


def test_a_large_group_is_counted_but_not_named_whole() -> None:
    (flag,) = flags(entrants(*(f"水军{number}" for number in range(80))))
    assert flag.count == 80
    assert len(flag.uids) == MOST_SHOWN


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Entrant,
            uid=st.text(max_size=8),
            name=st.text(max_size=8),
            at_ms=st.integers(0, 10_000),
            first_seen_ms=st.none() | st.integers(0, 10_000),
        ),
        max_size=40,
    )
)
def test_whatever_the_names_a_flag_only_names_entrants(crowd: list[Entrant]) -> None:
    known = {one.uid for one in crowd}
    found = flags(crowd)
    assert all(set(flag.uids) <= known and flag.count >= 3 for flag in found)
    assert found == flags(reversed(crowd)) or len(known) < len(crowd)
