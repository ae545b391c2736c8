"""What the store says before anything is said."""

from __future__ import annotations

import dataclasses

import pytest

from bot.approval import grant
from bot.storage.audit import verify
from bot.storage.clearance import Clearance
from bot.storage.journal import Journal
from bot.storage.values import FactRow, ProductRow
from replies.phrase import Phrase

from .conftest import Wall
from .review import PDF, approver, live, people, phrase
from .show import T0


@pytest.fixture(autouse=True)
def _staff(journal: Journal) -> None:
    people(journal)


def ask(journal: Journal, one: Phrase, **more: object) -> Clearance:
    asked: dict[str, object] = {
        "product": None, "merchant": None, "account": "acc", "practice": False, "now_ms": T0, **more,
    }  # fmt: skip
    return journal.clearance(one.id, one.digest, **asked)  # type: ignore[arg-type]


def test_a_live_version_is_cleared_with_its_substance(journal: Journal) -> None:
    one = phrase(tone="sales")
    assert ask(journal, one).reason == "unknown"
    live(journal, one)
    found = ask(journal, one)
    assert (found.reason, found.substance, found.stopped) == (None, one.substance, "")
    journal.withdraw_phrase(one.id, one.digest, "eve")
    assert ask(journal, one).reason == "not_live"


def test_facts_of_product_shop_and_house_the_nearest_first(journal: Journal) -> None:
    journal.save_products([ProductRow("P1", {"name": "鱼油", "slot": 3, "klass": "health_food"})], by="dan")
    journal.save_facts(
        [
            FactRow("", "courier", "顺丰", "shop", None), FactRow("@m1", "courier", "中通", "shop", T0 + 5),
            FactRow("", "price", "1元", "shop", None), FactRow("P1", "price", "59元", "bridge", None),
            FactRow("P2", "stock", "9", "shop", None),
        ],
        by="dan",
    )  # fmt: skip
    found = ask(journal, phrase(), product="P1", merchant="m1")
    assert {name: fact.value for name, fact in found.facts.items()} == {
        "product": "鱼油", "link_no": "3", "courier": "中通", "price": "59元",
    }  # fmt: skip
    assert found.facts["courier"].valid_until_ms == T0 + 5
    assert found.klass == "health_food"
    house = ask(journal, phrase(), product="P7")
    assert ({name: fact.value for name, fact in house.facts.items()}, house.klass) == (
        {"courier": "顺丰", "price": "1元"}, None,
    )  # fmt: skip
    assert ask(journal, phrase(), product="P1", practice=True).facts == {}


def test_an_exemption_counts_while_it_holds_and_for_the_version_that_rests_on_it(
    journal: Journal, wall: Wall
) -> None:
    file = journal.keep_evidence(PDF, "report.pdf", "application/pdf", by="ann")
    made = journal.add_exemption(
        "price-1", "A01-0001", "figures", [file], author="ann", valid_until_ms=T0 + 100
    )
    matter = journal.exemption_matter(made.id)
    given = grant(matter, approver("cat", wall.ms), "pair", readings=(), now_ms=wall.ms)
    journal.grant_exemption(made.id, grant=given, approver=approver("cat", wall.ms), mode="pair")
    one = phrase(exemptions=(str(made.id),))
    live(journal, one)
    assert ask(journal, one).exempt == {"A01-0001"}
    assert ask(journal, one, now_ms=T0 + 100).exempt == frozenset()
    other = dataclasses.replace(phrase("别的话"), id="price-1")
    live(journal, other)
    assert ask(journal, other).exempt == frozenset(), (
        "granted for the phrase, but not what this version rests on"
    )


def test_a_stopped_account_stays_stopped_over_a_restart_until_a_person_resumes(journal: Journal) -> None:
    journal.stop_account("acc", "warning", room="bilibili:1")
    again = Journal(journal.store, journal.now)
    assert again.account_stopped("acc") == "warning"
    assert again.account_stopped("other") == ""
    assert ask(journal, phrase()).stopped == "warning"
    journal.resume_account("acc", room="bilibili:1", by="dan")
    assert journal.account_stopped("acc") == ""
    assert ask(journal, phrase()).stopped == ""
    assert verify(journal.store).first_bad is None
