"""The shipped presets: nothing is missing in them but what only the shop knows."""

from __future__ import annotations

import dataclasses
import re

import msgspec
import pytest

from bot.draws.presets import SHIPPED, SHOP_KNOWS, DrawPreset, completed, from_body, to_body
from bot.errors import InputError
from lottery import life
from lottery.life import Place
from lottery.rules import PRESETS, RuleSheet, preflight
from lottery.signer import SigningKey

MISSING = {"guess-price": ("39.9",), "quiz": ("B",)}


def whole(preset: DrawPreset) -> RuleSheet:
    """The sheet with what the shop fills in: itself, prizes, and the question with its answer."""
    prizes = tuple(dataclasses.replace(one, name="礼盒", value_fen=9_900) for one in preset.sheet.prizes)
    known: dict[str, object] = {"organiser": "示例小店", "contact": "shop@example.com", "prizes": prizes}
    if preset.id in MISSING:
        known["answers"] = MISSING[preset.id]
    if preset.id == "quiz":
        known["question"] = "山茶花什么时候开？"
    return completed(preset, **known)


@pytest.mark.parametrize("id", SHIPPED)
def test_a_shipped_preset_lacks_only_what_the_shop_knows(id: str) -> None:
    preset = SHIPPED[id]
    lacking = {one.field.partition("[")[0] for one in preflight(preset.sheet, preset.timing)}
    assert lacking <= {*SHOP_KNOWS, "prizes", "answers", "question"}
    assert set(SHOP_KNOWS) <= lacking
    assert "prizes" in lacking
    assert preflight(whole(preset), preset.timing) == ()


@pytest.mark.parametrize("id", SHIPPED)
def test_the_texts_of_a_preset_tell_no_length_that_the_shop_may_change(id: str) -> None:
    assert (
        re.search(r"[0-9一二三四五六七八九十]+(?:秒|分钟|小时|波，)", SHIPPED[id].sheet.entry_method) is None
    )


@pytest.mark.parametrize("id", SHIPPED)
def test_a_completed_preset_can_be_announced_as_its_kind(id: str) -> None:
    preset = SHIPPED[id]
    announced = life.announce(
        whole(preset), "draw-1", Place("practice", "1", 1), bytes(32), SigningKey.from_seed(bytes(32)),
        1_790_000_000_000, "practice", answer_salt=bytes(32),
    )  # fmt: skip
    entry = announced.to_json()["record"]["entry"]
    assert entry["kind"] == preset.kind
    assert {"keyword": "keyword-3min", "guess": "guess-price", "quiz": "quiz", "rain": "red-rain"}[preset.kind] in (
        id, "keyword-3min",
    )  # fmt: skip


def test_the_five_are_there() -> None:
    assert [one.zh for one in SHIPPED.values()] == ["口令3分钟", "福袋", "猜价格", "答题", "红包雨"]
    bag = SHIPPED["fan-bag"].sheet
    assert (bag.follow, bag.fan_level) == (True, 1)
    assert SHIPPED["keyword-3min"].sheet.window_s == 180
    assert all(one.timing in PRESETS for one in SHIPPED.values())


def test_no_text_asks_for_an_address_in_chat_or_names_a_way_to_draw_again() -> None:
    for one in SHIPPED.values():
        texts = " ".join(str(value) for value in dataclasses.asdict(one.sheet).values())
        assert "评论区索要地址" in texts
        assert "重抽" not in texts


@pytest.mark.parametrize("id", SHIPPED)
def test_a_preset_is_kept_as_json_and_comes_back_the_same(id: str) -> None:
    preset = SHIPPED[id]
    body = msgspec.json.decode(msgspec.json.encode(to_body(preset.sheet, preset.timing)))
    assert from_body(body) == (preset.sheet, preset.timing)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"preset": "rigged"}, {"preset": "quick"}, {**to_body(SHIPPED["quiz"].sheet, "quick"), "odds": 3}],
)
def test_what_is_no_preset_is_refused_in_a_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        from_body(wrong)
