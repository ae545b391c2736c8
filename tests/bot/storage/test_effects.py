"""What followed the answers, counted by hand beside the readings."""

from __future__ import annotations

import msgspec
import pytest

from bot.comment import Happening, Viewer
from bot.decision import Decision, Judged, Reply, Withheld
from bot.storage.effects import AFTER_MS, ORDERS_MS, TYPING_MS, EffectReadings, PhraseEffect
from bot.storage.engine import Store
from bot.storage.journal import Journal
from bot.storage.values import ProductRow
from classifiers.verdict import Faq, Negative, Purchase, Verdict

from .show import ROOM, T0, VERSIONS, batch, judged


class Room:
    """A show in the making: each comment a second or more after the one before."""

    def __init__(self, journal: Journal, session: str = "s1") -> None:
        self.journal = journal
        self.session = session
        self.comments: list[Judged] = []
        self.orders: list[Happening] = []

    def ask(
        self, at_ms: int, uid: str, *, intent: str | None = "price", phrase: str | None = None,
        product: str | None = "P1", withheld: Withheld | None = None, codes: tuple[str, ...] = (),
        words: str = "多少钱", role: str = "viewer",
    ) -> None:  # fmt: skip
        """A question of `intent`; answered by `phrase` where it is given."""
        due = T0 + at_ms
        reply = (
            Reply(phrase, "d" * 64, intent or "", product, "59元", "send", due, due + 15_000)
            if phrase
            else None
        )
        verdict = Verdict(Faq(intent, 0.9) if intent else None, Purchase(), Negative(), (), VERSIONS, words)
        decision = Decision(reply=reply, withheld=withheld, codes=codes)
        one = judged(
            len(self.comments),
            session=self.session,
            uid=uid,
            words=words,
            at_ms=due,
            decision=decision,
            verdict=verdict,
        )
        if role != "viewer":
            viewer = Viewer(uid, role=role)  # type: ignore[arg-type]
            one = msgspec.structs.replace(one, comment=msgspec.structs.replace(one.comment, viewer=viewer))
        self.comments.append(one)

    def order(self, at_ms: int, product: str, **more: object) -> None:
        at = T0 + at_ms
        data = {"product": product, "qty": 1, **more}
        self.orders.append(Happening(ROOM, "order", at, at, Viewer("u9"), f"o{at_ms}{product}", "", data))

    def commit(self) -> list[int]:
        """Store it; every answer is said at its due time."""
        made = batch(self.comments, opened=True, session=self.session)
        placed = tuple(
            msgspec.structs.replace(one, now_ms=one.happening.at_ms)
            for one in batch(self.comments, session=self.session, happenings=self.orders).happenings
        )
        committed = self.journal.commit(msgspec.structs.replace(made, happenings=placed))
        for id in committed.outbox_ids:
            self.journal.outbox_begin(id)
            self.journal.outbox_finish(id, "sent")
        return list(committed.outbox_ids)


@pytest.fixture
def room(journal: Journal) -> Room:
    return Room(journal)


@pytest.fixture
def effects(store: Store, journal: Journal) -> EffectReadings:
    return EffectReadings(store, journal)


def one_of(effects: EffectReadings, phrase: str = "p-a") -> PhraseEffect:
    return next(one for one in effects.effects() if one.phrase_id == phrase)


@pytest.mark.parametrize(
    ("again_ms", "counts"),
    [(TYPING_MS, 0), (TYPING_MS + 1, 1), (AFTER_MS, 1), (AFTER_MS + 1, 0)],
)
def test_the_same_question_again_within_two_minutes(
    room: Room, effects: EffectReadings, again_ms: int, counts: int
) -> None:
    room.ask(0, "u1", phrase="p-a")
    room.ask(again_ms, "u2", phrase="p-b")
    room.commit()
    one = one_of(effects)
    assert (one.answers, one.repeated, one.outcomes) == (1, counts, {"sent": 1})


def test_another_product_or_question_is_not_the_same(room: Room, effects: EffectReadings) -> None:
    room.ask(0, "u1", phrase="p-a")
    room.ask(30_000, "u2", phrase="p-b", product="P2")
    room.ask(31_000, "u3", intent="stock", phrase="p-c")
    room.ask(32_000, "u4", withheld="overload")
    room.ask(33_000, "boss", phrase="p-d", role="host")
    room.commit()
    assert one_of(effects).repeated == 0


def test_who_was_told_nothing_because_it_was_said_already_asks_again(
    room: Room, effects: EffectReadings
) -> None:
    room.ask(0, "u1", phrase="p-a")
    room.ask(5_000, "u2", phrase="p-b", product="P2")
    room.ask(10_000, "u3", withheld="merged")
    room.commit()
    assert one_of(effects, "p-a").repeated == 0
    assert one_of(effects, "p-b").repeated == 1


@pytest.mark.parametrize(
    ("who", "at_ms", "counts"),
    [("u1", 60_000, 1), ("u2", 60_000, 1), ("u3", 60_000, 0), ("u1", AFTER_MS + 5_001, 0), ("u2", 4_000, 0)],
)
def test_complaints_of_those_it_was_for(
    room: Room, effects: EffectReadings, who: str, at_ms: int, counts: int
) -> None:
    room.ask(0, "u2", withheld="unsure")
    if at_ms < 5_000:
        room.ask(at_ms, who, intent=None, codes=("C01",))
    room.ask(5_000, "u1", phrase="p-a")
    if at_ms > 5_000:
        room.ask(at_ms, who, intent=None, codes=("C01",))
        room.ask(at_ms, "u1", intent=None, codes=("D01",))
    room.commit()
    assert one_of(effects).complained == counts


def test_orders_before_and_after_by_id_or_link_number(
    room: Room, effects: EffectReadings, journal: Journal
) -> None:
    journal.save_products(
        [ProductRow("P1", {"name": "洁面乳", "slot": 7, "aliases": [], "klass": ""})], by="li"
    )
    room.ask(ORDERS_MS, "u1", phrase="p-a")
    for at_ms, product in (
        (0, "P1"), (1, "P1"), (ORDERS_MS, "7"), (ORDERS_MS + 1, "7"), (2 * ORDERS_MS, "P1"), (2 * ORDERS_MS + 1, "P1"),
        (ORDERS_MS + 9, "P2"),
    ):  # fmt: skip
        room.order(at_ms, product)
    room.order(ORDERS_MS + 5, "P1", state="refunded")
    room.commit()
    one = one_of(effects)
    assert (one.ordered, one.before, one.after) == (1, 2, 2)


@pytest.mark.parametrize(("later_ms", "looked_at"), [(2 * ORDERS_MS - 1, 1), (2 * ORDERS_MS, 2)])
def test_no_order_counts_twice(room: Room, effects: EffectReadings, later_ms: int, looked_at: int) -> None:
    room.ask(0, "u1", phrase="p-a")
    room.ask(1_000, "u2", phrase="p-b")
    room.ask(later_ms, "u3", phrase="p-a")
    room.order(ORDERS_MS, "P1")
    room.commit()
    one = one_of(effects)
    assert (one.answers, one.ordered, one.before + one.after) == (2, looked_at, 1)
    assert one_of(effects, "p-b").after == 1


def test_without_orders_nothing_is_said_about_them(room: Room, effects: EffectReadings) -> None:
    room.ask(0, "u1", phrase="p-a")
    room.commit()
    assert one_of(effects).ordered == 0


def test_what_was_not_said_is_counted_by_its_state_alone(
    room: Room, effects: EffectReadings, journal: Journal
) -> None:
    room.ask(0, "u1", phrase="p-a")
    (first,) = room.commit()
    journal.outbox_add(
        str(ROOM), "s1", phrase_id="p-a", digest="d" * 64, intent="price", product=None, text="59元", mode="send",
        due_ms=T0, expires_ms=T0 + 9,
    )  # fmt: skip
    one = one_of(effects)
    assert (one.outcomes, one.answers, one.text, one.state) == ({"queued": 1, "sent": 1}, 1, "", "")
    assert first > 0


def test_a_phrase_brings_its_words_and_its_group(
    room: Room, effects: EffectReadings, journal: Journal
) -> None:
    from replies.phrase import Phrase

    row = journal.draft_phrase(
        Phrase("p-x", "price", "any", None, None, "zh", "到手{price}", group="B"), by="li"
    )
    journal.outbox_add(
        str(ROOM), "s1", phrase_id="p-x", digest=row.digest, intent="price", product=None, text="59元", mode="send",
        due_ms=T0, expires_ms=T0 + 9,
    )  # fmt: skip
    room.ask(0, "u1")
    room.commit()
    one = one_of(effects, "p-x")
    assert (one.text, one.group, one.state, one.answers) == ("到手{price}", "B", "draft", 0)


def test_what_those_who_were_asked_said_counts_for_the_version_they_had_heard(
    room: Room, effects: EffectReadings, journal: Journal
) -> None:
    for number, phrase in enumerate(("p-a", "p-a", "p-a", "p-b")):
        room.ask(number * 30_000, f"u{number}", phrase=phrase)
    rows = room.commit()
    for row, answer in zip(rows[:2], ("yes", "no"), strict=True):
        body = {"outbox": row, "answer": answer}
        journal.append_record(str(ROOM), "satisfaction", body, session="s1", at_ms=T0)
    journal.append_record(str(ROOM), "question_skipped", {"outbox": rows[2], "answer": "yes"}, session="s1")
    journal.append_record(str(ROOM), "satisfaction", {"outbox": rows[2], "answer": "yes"}, session="s0")
    assert (one_of(effects).rated, one_of(effects).solved) == (2, 1)
    assert (one_of(effects, "p-b").rated, one_of(effects, "p-b").solved) == (0, 0)


def test_only_the_latest_shows_count(journal: Journal, effects: EffectReadings) -> None:
    for number in range(3):
        room = Room(journal, f"s{number}")
        room.ask(number, "u1", phrase=f"p-{number}")
        room.commit()
    assert len(effects.effects(3)) == 3
    assert len(effects.effects(1)) == 1
    assert effects.effects(0) == []


def test_open_questions_are_read_by_a_named_person(room: Room, effects: EffectReadings) -> None:
    assert effects.open_questions(reader="li") == []
    room.ask(0, "u1", intent=None, withheld="unsure", words="能配新手机吗")
    room.ask(1_000, "u2", withheld="merged")
    room.ask(2_000, "u3", withheld="no_phrase", words="多少钱呀")
    room.ask(3_000, "boss", withheld="unsure", role="host")
    room.commit()
    seen = effects.open_questions(reader="li")
    assert [one.words and one.words.text for one in seen] == ["能配新手机吗", "多少钱呀"]
    assert len(effects.open_questions(reader="li", limit=1)) == 1
    records = effects.records(str(ROOM), record_type="access")
    assert {(one.body["data"]["reader"], one.body["data"]["purpose"]) for one in records} == {
        ("li", "unanswered")
    }
