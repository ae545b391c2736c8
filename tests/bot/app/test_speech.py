"""The word gate, on the shipped rule book."""

from __future__ import annotations

import time

import pytest

from bot.app import speech
from bot.app.speech import SpeechGate
from classifiers.cascade import Cascade


@pytest.fixture(scope="module")
def cascade() -> Cascade:
    return Cascade.load()


@pytest.mark.parametrize(
    ("text", "category"),
    [("全网最低，到手59元", "A01"), ("加V信abc123有惊喜", "D01"), ("这款治疗失眠效果好", "M04")],
)
def test_what_the_shop_may_not_say_is_found(cascade: Cascade, text: str, category: str) -> None:
    assert category in {hit.category for hit in SpeechGate(lambda: cascade)(text)}


@pytest.mark.parametrize("text", ["到手59元，下单立减", "48小时内发货", "", "\ud800", "x" * 5_000])
def test_plain_and_broken_texts_pass(cascade: Cascade, text: str) -> None:
    assert SpeechGate(lambda: cascade)(text) == ()


def test_another_rule_book_is_asked_anew(cascade: Cascade) -> None:
    class Other:
        versions = cascade.versions.__class__(cascade.versions.model, "another", cascade.versions.normalizer)

        class lexicon:  # noqa: N801
            @staticmethod
            def find(text: str, normal: str) -> object:
                return cascade.lexicon.find("全网最低", "全网最低")

    using: list[object] = [cascade]
    gate = SpeechGate(lambda: using[0])  # type: ignore[arg-type,return-value]
    assert gate("到手59元") == ()
    using[0] = Other()
    assert gate("到手59元") != ()


def test_only_so_many_texts_are_kept(cascade: Cascade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "KEPT", 3)
    gate = SpeechGate(lambda: cascade)
    for number in range(9):
        gate(f"到手{number}元")
    assert list(gate._known) == ["到手6元", "到手7元", "到手8元"]


def test_a_text_said_before_costs_microseconds(cascade: Cascade) -> None:
    gate = SpeechGate(lambda: cascade)
    gate("到手59元，48小时内发货")
    began = time.perf_counter()
    for _ in range(1_000):
        gate("到手59元，48小时内发货")
    assert (time.perf_counter() - began) / 1_000 < 0.001
