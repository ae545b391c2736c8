"""A witness's own list: judged by the published rule as the draw itself judges, and without account numbers."""

from __future__ import annotations

import msgspec
import pytest

from bot.comment import Viewer
from bot.draws.book import commitment_of
from bot.draws.witness import Gap, Listener, OwnList, from_lines, lines_of, mark_of, read_own
from bot.policy import GRACE_MS
from tests.bot.draws.stage import CLOSES, KINDS, Stage
from tests.builders import NOON, comment, happening

SALT = "5a" * 16


def listener(stage: Stage, kind: str = "keyword") -> Listener:
    announced = commitment_of(stage.row(stage.announce(sheet=KINDS[kind])))
    return Listener(announced, OwnList(announced.record.draw_id, "practice:1", announced.hash, SALT))


def test_it_judges_as_the_draw_does(stage: Stage) -> None:
    ear = listener(stage)
    said = [
        comment("好运", uid="early", at=10_000), comment("好运", uid="a", at=40_000),
        comment("好运", uid="a", at=41_000), comment("hello", uid="b", at=41_000),
        comment(" 好运 ", uid="b", at=42_000), comment("好运", uid=None, at=43_000),
        comment("好运", uid="mod", at=44_000, role="staff"), comment("好运", uid="c", at=45_000, edited=True),
        comment("好运", uid="d", at=46_000, mirrored=True), comment("好运", uid="late", at=90_000),
    ]  # fmt: skip
    noted = [ear.comment(one, one.at_ms) for one in said]
    assert [None if one is None else one.refused or "in" for one in noted] == [
        "early", "in", "duplicate", None, "in", "unknown_viewer", "staff", None, "other_room", "late",
    ]  # fmt: skip
    assert set(ear.own.accepted()) == {mark_of(SALT, "practice", "a"), mark_of(SALT, "practice", "b")}
    assert ear.own.refused()["duplicate"] == 1


def test_what_arrives_after_the_list_was_made_is_late(stage: Stage) -> None:
    ear = listener(stage)
    in_time = comment("好运", uid="a", at=89_000)
    late = ear.comment(in_time, CLOSES + GRACE_MS)
    assert late is not None
    assert late.refused == "late"
    kept = ear.comment(in_time, CLOSES + GRACE_MS - 1)
    assert kept is not None
    assert kept.refused is None


def test_waves_orders_and_numbers_are_heard(stage: Stage) -> None:
    rain = listener(stage, "rain")
    waves = [
        rain.comment(comment(text, uid="a", at=at), NOON + at)
        for text, at in (("红包一", 35_000), ("红包二", 65_000))
    ]
    assert [(one.refused, one.wave) for one in waves if one is not None] == [(None, 0), (None, 1)]
    assert len(rain.own.accepted()) == 1


@pytest.mark.parametrize(
    ("product", "state", "uid", "outcome"),
    [
        ("P1", "paid", "a", "in"),
        ("P2", "paid", "a", None),
        ("P1", "refunded", "a", None),
        ("P1", "paid", None, "unknown_viewer"),
    ],
)
def test_only_a_paid_order_of_the_product_counts(
    stage: Stage, product: str, state: str, uid: str | None, outcome: str | None
) -> None:
    ear = listener(stage, "purchase")
    order = happening("order", at=40_000, product=product, state=state)
    if uid is not None:
        order = msgspec.structs.replace(order, viewer=Viewer(uid))
    noted = ear.order(order, product, order.at_ms)
    assert (None if noted is None else noted.refused or "in") == outcome
    assert ear.order(happening("gift"), "P1", NOON) is None


def test_marks_tell_nobody_who_it_was() -> None:
    assert mark_of(SALT, "practice", "a") != mark_of("00" * 16, "practice", "a")
    assert mark_of(SALT, "practice", "a") != mark_of(SALT, "other", "a")
    assert len(mark_of(SALT, "practice", "\ud800")) == 32


def test_the_running_file_survives_a_cut_line(stage: Stage) -> None:
    ear = listener(stage)
    ear.comment(comment("好运", uid="a", at=40_000), NOON + 40_000)
    ear.comment(comment("好运", uid="a", at=41_000), NOON + 41_000)
    lines = lines_of(ear.own.noted)
    assert tuple(from_lines(lines)) == ear.own.noted
    assert tuple(from_lines(lines[:-5])) == ear.own.noted[:1]
    assert b"uid" not in lines
    again = Listener(ear.announced, ear.own)
    repeated = again.comment(comment("好运", uid="a", at=42_000), NOON + 42_000)
    assert repeated is not None
    assert repeated.refused == "duplicate", "after a restart it still knows who is in"


def test_the_file_is_read_back_and_others_are_refused(stage: Stage) -> None:
    ear = listener(stage)
    ear.comment(comment("好运", uid="a", at=40_000), NOON + 40_000)
    ear.deaf(Gap(1, 2, "restart"))
    assert read_own(msgspec.json.encode(ear.own)) == ear.own
    for data in (b"{}", b"[]", b"x", b'{"format": "changkong-witness"}'):
        with pytest.raises(msgspec.MsgspecError):
            read_own(data)
