"""One demo for all stories that look at what a demo leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.approval import Approver, grant
from bot.comment import RoomKey
from bot.policy import Instruction
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.values import FactRow
from replies.phrase import Phrase
from tests.bot.stores import commit
from tests.builders import NOON, comment
from tests.journeys.hand import Hand
from tests.journeys.stage import Ended, changkong, copied, read_lines

AT_MS = 1_900_000_000_000
"""When the little human work after the demo is done: long after, so that the demo's day has its seal."""


@dataclass(frozen=True)
class Shown:
    """A demo that has run to its end: where its files lie, what it said. Do not change the files; copy them."""

    data: Path
    ended: Ended

    @property
    def summary(self) -> dict[str, Any]:
        told: dict[str, Any] = self.ended.json
        return told

    @property
    def proof(self) -> Path:
        return Path(self.summary["draws"][0]["proof"])

    @property
    def visible(self) -> list[dict[str, Any]]:
        return read_lines(self.data / "practice-replies.jsonl")


def demo(data: Path) -> Ended:
    """The whole practice show at full speed, with its summary on stdout."""
    return changkong("demo", "--headless", "--speed", "max", "--until-end", "--summary", "-", "--data", data)


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    data = tmp_path_factory.mktemp("demo") / "data"
    ended = demo(data)
    assert ended.code == 0, ended.err
    return Shown(data, ended)


@pytest.fixture(scope="session")
def worked(shown: Shown, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's store after a little human work, so that no audited table is empty."""
    data = copied(shown.data, tmp_path_factory.mktemp("tamper") / "data")
    store = open_store(data, create=False)
    try:
        journal = Journal(store, lambda: AT_MS)
        journal.add_person("mei", "小梅", "moderator", password_hash="argon", telegram_id="77")
        journal.add_person("lin", "小林", "viewer")
        case = journal.claim(1, "mei", journal.case(1).version, AT_MS)
        journal.resolve(1, "mei", case.version, "answered", "已回复", now_ms=AT_MS)
        journal.claim(2, "mei", journal.case(2).version, AT_MS)
        journal.save_product("p1", {"name": "洁面乳"}, by="mei")
        journal.save_fact(FactRow("p1", "price", "59", "shop", AT_MS), by="mei")
        journal.save_fact(FactRow("p1", "stock", "7", "shop", None), by="mei")
        journal.save_setting("greeting", "hello", by="mei")
        _vetted(journal)
        _played(journal)
        journal.erase_subject("practice", "practice-v007", by="mei", reason="asked")
        journal.close()
    finally:
        store.close()
    return data


def _played(journal: Journal) -> None:
    """A poll with a vote, codes typed after the demo's draw, coupons, and a preset of the shop's own."""
    room = RoomKey.parse(journal.load_draws()[0].room)
    state = journal.load_state(room)
    assert state is not None
    opened = journal.open_poll(room, state.session, "要哪个颜色", ["红", "蓝"], at_ms=AT_MS, by="mei")
    said = [
        comment(text, room=room, uid="practice-v001", at=AT_MS - NOON)
        for text in ("1", "查询 KF2026", "兑奖 ABCD2345")
    ]
    commit(journal, state, Instruction("poll_open", "mei", {"poll": opened}), *said)
    journal.add_coupons("spring", ["MANJIAN-0001", "MANJIAN-0002"], by="mei")
    journal.save_draw_preset("", "周五抽奖", "keyword", {"title": "周五抽奖"}, by="mei", now_ms=AT_MS)


def _vetted(journal: Journal) -> None:
    """A phrase written by one person with evidence and an exemption, approved by another; a question of the shop's."""
    journal.add_person("ann", "小安", "operator")
    journal.add_person("cat", "小合", "compliance")
    approver = Approver("cat", frozenset({"compliance"}), AT_MS, "desk")
    file = journal.keep_evidence(b"%PDF-1.7 a test report", "report.pdf", "application/pdf", by="ann")
    exemption = journal.add_exemption("price-own", "A01", "the ministry's list", [file], author="ann")
    given = grant(journal.exemption_matter(exemption.id), approver, "pair", readings=(), now_ms=AT_MS)
    journal.grant_exemption(exemption.id, grant=given, approver=approver, mode="pair")
    words = Phrase(
        "price-own",
        "price",
        "any",
        None,
        None,
        "zh",
        "价格看购物车",
        evidence=(file,),
        exemptions=(str(exemption.id),),
    )
    row = journal.draft_phrase(words, by="ann", screen="desk")
    journal.submit_phrase(row.id, row.digest, by="ann")
    given = grant(
        journal.phrase_matter(row.id, row.digest, clean=True), approver, "pair", readings=(), now_ms=AT_MS
    )
    journal.approve_phrase(row.id, row.digest, grant=given, approver=approver, mode="pair", now_ms=AT_MS)
    journal.save_own_question(
        "fapiao", {"name": "能开发票吗", "asks": ["能开发票吗", "有发票没", "发票怎么开"]}, by="ann"
    )


@pytest.fixture
def hand(worked: Path, tmp_path: Path) -> Iterator[Hand]:
    owner = Hand(copied(worked, tmp_path / "data"))
    try:
        assert owner.trouble() is None
        yield owner
    finally:
        owner.close()
