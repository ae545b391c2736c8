from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lottery import canonical, life, succession
from lottery.commitment import Commitment
from lottery.errors import LotteryError, RecordError
from lottery.life import Place
from lottery.record import VoidRecord
from lottery.signed import Signed
from lottery.signer import SigningKey
from lottery.states import State
from lottery.succession import End

from .makers import KEY, PLACE, PRACTICE_NOW, SALT, SHEET, finished, vector_proof


def announced(number: int, prev: str, room: str = PLACE.room) -> Signed[Commitment]:
    place = Place(PLACE.platform, room, number, prev)
    return life.announce(SHEET, f"draw-{number}", place, SALT, KEY, PRACTICE_NOW, "practice", ["staff-1"])


def ended(commitment: Signed[Commitment]) -> tuple[Signed[Commitment], End]:
    return commitment, life.void(commitment, "cancelled", State.OPEN, 1, KEY)


def room() -> list[tuple[Signed[Commitment], End]]:
    first = finished()
    second = announced(2, first.drawn.hash)
    void = life.void(second, "cancelled", State.OPEN, 1, KEY)
    third = announced(3, void.hash)
    return [
        (first.commitment, first.drawn),
        (second, void),
        (third, life.void(third, "cancelled", State.ANNOUNCED, 2, KEY)),
    ]


def test_a_rooms_draws_follow_each_other() -> None:
    succession.check(room())
    succession.check([])


def test_none_can_be_left_out_swapped_or_taken_from_elsewhere() -> None:
    one, two, three = room()
    bare = vector_proof("A")
    for draws in (
        [one, three],
        [two, three],
        [one, ended(announced(3, one[1].hash))],
        [one, ended(announced(2, "00" * 32))],
        [one, (two[0], three[1]), three],
        [one, ended(announced(2, one[1].hash, "room-2"))],
        [(bare.commitment, bare.drawn)],
    ):
        with pytest.raises(LotteryError):
            succession.check(draws)


@pytest.mark.parametrize("change", [{"commit_hash": "00" * 32}, {"draw_id": "draw-9"}])
def test_an_end_must_name_its_own_draw(change: dict[str, Any]) -> None:
    one, (commitment, void), _ = room()
    assert isinstance(void.record, VoidRecord)
    with pytest.raises(RecordError, match="another draw"):
        succession.check([one, (commitment, Signed.seal(replace(void.record, **change), KEY))])


def test_both_ends_must_be_signed() -> None:
    one, two, _ = room()
    other = SigningKey.from_seed(b"o" * 32)
    assert isinstance(two[1].record, VoidRecord)
    forged_end: End = Signed.seal(two[1].record, other)
    with pytest.raises(LotteryError):
        succession.check([one, (two[0], forged_end)])
    with pytest.raises(LotteryError):
        succession.check([one, (replace(two[0], signature=other.sign(b"h" * 32).hex()), two[1])])


# As published ------------------------------------------------------------------------------------------------


def told(*records: Signed[Any]) -> bytes:
    return canonical.dumps({"draw_id": "x", "records": [one.to_json() for one in records]})


def test_what_the_public_pages_give_is_read_and_checked_in_any_order() -> None:
    one, two, three = room()
    files = [told(*three), told(*one), told(*two)]
    draws = succession.check_told([succession.read(data) for data in files])
    assert [announced.record.terms.sequence for announced, _ in draws if announced.record.terms] == [1, 2, 3]
    running = announced(4, three[1].hash)
    assert len(succession.check_told([succession.read(data) for data in (*files, told(running))])) == 4
    assert succession.check_told([(announced(1, "00" * 32), None)])


def test_a_draw_left_out_or_made_twice_is_found() -> None:
    one, two, three = room()
    rival = announced(2, one[1].hash, "room-2")
    twin = life.announce(
        replace(SHEET, title="另一场"), "draw-2b", Place(PLACE.platform, PLACE.room, 2, one[1].hash), SALT, KEY,
        PRACTICE_NOW, "practice",
    )  # fmt: skip
    for draws in (
        [one, three],
        [one, two, ended(twin), three],
        [one, (twin, None), three],
        [one, two, (announced(3, one[1].hash), None)],
        [one, two, (announced(4, two[1].hash), None)],
        [one, (announced(2, one[1].hash), None), (twin, None)],
        [one, (rival, None)],
        [one, (replace(announced(2, one[1].hash), signature=one[0].signature), None)],
    ):
        with pytest.raises(LotteryError):
            succession.check_told(draws)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"records": []}', b'{"records": [1]}', b'{"records": {}}']
)
def test_what_is_no_records_file_is_refused(data: bytes) -> None:
    with pytest.raises(LotteryError):
        succession.read(data)


def test_two_ends_of_one_draw_are_refused() -> None:
    one, two, _ = room()
    with pytest.raises(RecordError, match="two ends"):
        succession.read(told(*one, two[1]))
