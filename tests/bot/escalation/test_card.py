"""The card's words: de-identified, readable, and deaf to hostile text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.card import (
    DISPOSITION,
    SAMPLE_LENGTH,
    aliases,
    case_number,
    face,
    link_into,
    redacted,
    time_left,
)
from bot.escalation.categories import NAMES, name_of
from bot.storage.casework import DISPOSITIONS
from tests.doubles.case_desk import NOW, case_of


def shown(lang="zh", **changes: object) -> str:
    return face(case_of(**changes), alias="房间A", holder="小林", now_ms=NOW, lang=lang).text


def test_each_state_says_who_has_it():
    assert "待认领" in shown()
    assert "小林 处理中" in shown(state="claimed", holder="lin")
    assert "再次出现" in shown(state="regressed")
    assert "等合规处理" in shown(state="escalated")
    assert "✅ 误报 · 小林" in shown(state="resolved", disposition="false_positive", resolved_by="lin")
    assert "unheard_of" in shown(state="unheard_of")


def test_every_end_of_a_case_has_its_words():
    assert set(DISPOSITION) == DISPOSITIONS


def test_english_for_a_group_that_reads_english():
    text = shown("en", severity=4)
    assert "U01 abuse · critical · ⏱1:40" in text
    assert "nobody has it" in text


def test_neither_the_room_nor_a_login_is_on_it():
    text = shown(state="claimed", holder="lin")
    assert "22000001" not in text
    assert "lin" not in text


def test_other_codes_are_named():
    assert "另有 C01 质量/售后/物流投诉" in shown(codes=("U01", "C01"))
    assert name_of("Z99", "zh") == "Z99"
    assert all(zh and en for zh, en in NAMES.values())


def test_time_left_counts_down_and_then_says_so():
    assert time_left(100_000, "zh") == "⏱1:40"
    assert time_left(1, "zh") == "⏱0:01"
    assert time_left(0, "zh") == "⏱超时"
    assert time_left(-5, "en") == "⏱overdue"


def test_a_console_out_of_reach_gets_no_button():
    case = case_of(state="resolved")
    assert face(case, alias="A", holder=None, now_ms=NOW).rows == ()
    (row,) = face(case, alias="A", holder=None, now_ms=NOW, url="https://desk.example/cases/1").rows
    assert [(button.label, button.action, button.url) for button in row] == [
        ("打开", None, "https://desk.example/cases/1")
    ]


def test_numbers_and_aliases():
    assert case_number(4821) == "#4821"
    assert case_number(1234567890123) == "#890123"
    names = aliases([f"r:{n}" for n in range(28)])
    assert (names["r:0"], names["r:25"], names["r:26"]) == ("房间A", "房间Z", "房间AA")
    assert len(set(names.values())) == 28


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("打 138 0013 8000 给我", "0013"),
        ("１３８００１３８０００", "13800138000"),
        ("看 https://evil.example/x?y=1", "evil"),
        ("evil.example 便宜", "evil"),
        ("信箱 a.b@c.example", "c.example"),
        ("找 @some_channel", "some_channel"),
        ("加v shop_888888", "shop_888888"),
        ("\u202e反\u200b过来", "\u202e"),
        ("一行\n#4822 · 假的卡片", "\n"),
    ],
)
def test_what_leads_out_is_covered(text: str, hidden: str):
    assert hidden not in redacted(text)


@given(st.text(st.characters(), max_size=300))
def test_any_text_becomes_one_short_line_that_can_be_sent(text: str):
    line = redacted(text)
    assert len(line) <= SAMPLE_LENGTH
    assert "\n" not in line
    line.encode("utf-8")


def test_a_huge_text_is_cut_first():
    assert len(redacted("哈" * 1_000_000)) == SAMPLE_LENGTH
    assert redacted("1." * 500_000)


def test_only_an_address_a_phone_can_follow_becomes_a_button():
    assert link_into("https://desk.example/")(7) == "https://desk.example/cases/7"
    for here in (
        None,
        "",
        "http://localhost:8787",
        "http://127.0.0.1:8787",
        "http://[::1]:1",
        "ftp://desk.example",
    ):
        assert link_into(here)(7) is None
