"""Draws that are wrong but perfectly sealed: the signer cheats, and every hash, path and signature fits.

Each row breaks one rule of the protocol page. `LISTS` are changes of a list file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import hand
from .hand import CLOSE, Draw, guess, quiz, rain, waves

Make = Callable[[], Draw]


def setting(**new: Any) -> Callable[[dict[str, Any]], None]:
    """A hook that writes these fields into a record; a dotted name reaches inside."""

    def write(record: dict[str, Any]) -> None:
        for name, value in new.items():
            *outer, last = name.split("__")
            holder: Any = record
            for key in outer:
                holder = holder[int(key) if key.isdigit() else key]
            if value is ...:
                del holder[last]
            else:
                holder[int(last) if last.isdigit() else last] = value

    return write


def commit(draw: Make = Draw, **new: Any) -> Make:
    return lambda: replace(draw(), on_commit=setting(**new))


def closed(draw: Make = Draw, **new: Any) -> Make:
    return lambda: replace(draw(), on_closed=setting(**new))


def drawn(draw: Make = Draw, **new: Any) -> Make:
    return lambda: replace(draw(), on_drawn=setting(**new))


def leaves(hook: Callable[[list[bytes]], Any], draw: Make = Draw) -> Make:
    return lambda: replace(draw(), on_leaves=hook)


def real() -> Draw:
    return Draw(preset="quick")


def weighted() -> Draw:
    return Draw(weight_rule="一元一份", entries=[("a", 2, 0), ("b", 1, 0), ("c", 3, 0)])


def doubled(made: list[bytes]) -> list[bytes]:
    return [made[0], *made]


def swapped(made: list[bytes]) -> list[bytes]:
    return [made[1], made[0], *made[2:]]


OPENS = CLOSE - 60_000
QUIZ = "entry__contest__"
SHAPES: dict[str, Make] = {
    "a field too many in the record": commit(note="x"),
    "a field too many in the beacon": commit(beacon__note="x"),
    "a field too many in a prize": commit(prizes__0__odds=2),
    "a field too many in the rules": commit(rules__note="x"),
    "a field too many in the entry rule": commit(entry__note="x"),
    "a field too many in the conditions": commit(entry__conditions__note=1),
    "a field too many in the contest": commit(quiz, entry__contest__note="x"),
    "a field too many in a wave": commit(rain, entry__contest__waves__0__note="x"),
    "a field too many in the closed record": closed(note="x"),
    "a field too many in the drawn record": drawn(note="x"),
    "a field too many in the answer": closed(quiz, answer__note="x"),
    "another version": commit(v=2),
    "an empty title": commit(title=""),
    "a title without end": commit(title="长" * 4001),
    "no winners": commit(k=0),
    "two entries an account": commit(entry__per_account=2),
    "a kind nobody knows": commit(entry__kind="friends"),
    "a keyword where there is none": commit(quiz, entry__keyword="抽奖"),
    "no keyword where there is one": commit(entry__keyword=None),
    "a contest where there is none": commit(entry__contest={}),
    "no contest where there is one": commit(quiz, entry__contest=None),
    "follow as a number": commit(entry__conditions__follow=0),
    "a negative level": commit(entry__conditions__fan_level=-1),
    "a refusal that cannot occur": lambda: _with_refusals("not_following"),
    "a refusal left out": commit(entry__refusals=["early", "late"]),
    "refusals of a level, but no level": lambda: _with_refusals("fan_level"),
    "twenty-one waves": lambda: waves(21),
    "three decimals": commit(guess, entry__contest__decimals=3),
    "a negative least": commit(guess, entry__contest__least=-1),
    "an empty option": commit(quiz, entry__contest__options=["", "x"]),
    "nine options": commit(quiz, entry__contest__options=list("abcdefghi")),
    "a prize of a kind nobody knows": commit(prizes__0__kind="luck"),
    "a prize without a price": commit(prizes__0__value_fen=0),
    "beacon mode that is not practice": commit(beacon__mode="real"),
    "an exclusion that the rules do not know": closed(excluded__wrong_answer=1),
    "an exclusion of none": closed(excluded__staff=0),
    "no number of excluded viewers": closed(excluded_viewers=...),
    "no answer field": closed(answer=...),
    "an answer without a question": closed(answer={"salt": "00" * 32, "answers": ["x"]}),
    "no answer to a question": closed(quiz, answer=None),
    "answers out of order": closed(quiz, answer__answers=["五月", "5月"]),
    "an answer twice": closed(quiz, answer__answers=["5月", "5月"]),
    "no answers": closed(quiz, answer__answers=[]),
    "a beacon with a field too many": closed(latest_beacon={"round": 1, "signature": "00" * 48, "x": 1}),
    "a position below nought": drawn(winners__0=-1),
    "a leaf of another size": leaves(lambda made: [leaf + bytes(8) for leaf in made]),
    "a leaf without value": leaves(lambda made: [leaf[:40] for leaf in made], guess),
}  # fmt: skip


def _with_refusals(code: str) -> Draw:
    draw = Draw()
    codes = [one for one in hand.CODES if one == code or one in draw.entry()["refusals"]]
    return replace(draw, on_commit=setting(entry__refusals=codes))


TERMS: dict[str, Make] = {
    "another chain": commit(beacon__chain_hash="8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"),
    "another scheme": commit(beacon__scheme="pedersen-bls-chained"),
    "a practice round of one's choice": lambda: Draw(on_commit=_another_practice_round),
    "a preset nobody knows": commit(preset="slow"),
    "a preset by an inherited name": commit(preset="constructor"),
    "a real preset with a practice beacon": commit(preset="quick"),
    "the practice preset with a real beacon": commit(real, preset="practice"),
    "a practice draw in a real one's clothes": commit(
        preset="quick", publish_by=CLOSE + 10_000, beacon__due_at=CLOSE + 45_000
    ),
    "more winners than prizes": commit(k=4),
    "announced after the opening": commit(announced_at=OPENS + 1),
    "opened at the closing": commit(open_at=CLOSE, announced_at=OPENS),
    "to be claimed before the closing": commit(claim_by=CLOSE),
    "the list to be published later": commit(publish_by=CLOSE + 5_001),
    "due later": commit(beacon__due_at=CLOSE + 15_001),
    "a round too early": commit(real, beacon__round=hand.REAL_ROUND - 1),
    "a round too late": commit(real, beacon__round=hand.REAL_ROUND + 1),
    "one wave": lambda: waves(1),
    "no waves": commit(rain, entry__contest__waves=[]),
    "no prizes": commit(prizes=[]),
    "options and a prefix": commit(quiz, entry__contest__options=["a", "b"]),
    "neither options nor a prefix": commit(quiz, entry__contest__prefix=""),
    "one option": commit(quiz, entry__contest__options=["a"], entry__contest__prefix=""),
    "an empty range": commit(guess, entry__contest__least=100_000),
    "waves that overlap": commit(rain, entry__contest__waves__1__open_at=OPENS + 19_999),
    "a wave without length": commit(
        rain, entry__contest__waves__1__open_at=OPENS + 30_000, entry__contest__waves__1__close_at=OPENS + 30_000
    ),
    "a wave before the opening": commit(rain, entry__contest__waves__0__open_at=OPENS - 1),
    "a first wave too late": commit(rain, entry__contest__waves__0__open_at=OPENS + 1),
    "a last wave that ends early": commit(rain, entry__contest__waves__2__close_at=CLOSE - 1),
    "a last wave that ends late": commit(rain, entry__contest__waves__2__close_at=CLOSE + 1),
    "fewer prize classes than waves": lambda: rain(quantities=(3, 4)),
}  # fmt: skip


def _answered(*answers: str) -> Draw:
    """A guess whose answer was committed and opened in this form."""
    draw = guess(on_closed=setting(answer__answers=list(answers)))
    draw.contest["answer_commit"] = hand.answer_commit(*answers)
    return draw


def _another_practice_round(record: dict[str, Any]) -> None:
    rounds = hand.PRACTICE_ROUNDS
    record["beacon"]["round"] = rounds[(rounds.index(record["beacon"]["round"]) + 1) % len(rounds)]


SEEN = {"round": 20791007, "signature": hand.SIGNATURES[20791007]}
LATER: dict[str, tuple[str, Make]] = {
    "a closed record after another": ("closed", closed(prev="44" * 32)),
    "the second revision alone": ("closed", closed(rev=2)),
    "a closed record of another commitment": ("closed", closed(commit_hash="44" * 32)),
    "a closed record of another draw": ("closed", closed(draw_id="抽奖-2")),
    "less weight than entries": ("closed", closed(weighted, weight=2)),
    "more weight than can be": ("closed", closed(weighted, weight=3_000_001)),
    "more weight than equal chances give": ("closed", closed(weight=10)),
    "weight in a guess": ("closed", closed(lambda: guess(weight_rule="一元一份"), weight=10)),
    "more excluded viewers than comments": ("closed", closed(excluded_viewers=11)),
    "another answer": ("closed", closed(quiz, answer__answers=["六月"])),
    "another salt of the answer": ("closed", closed(quiz, answer__salt="00" * 32)),
    "two numbers": ("closed", lambda: _answered("1", "9950")),
    "a number with a leading nought": ("closed", lambda: _answered("09950")),
    "a number in words": ("closed", lambda: _answered("九十九")),
    "another number": ("closed", closed(guess, answer__answers=["1"])),
    "an empty list": ("closed", lambda: Draw(entries=[])),
    "closed at another time": ("timing", closed(closed_at=CLOSE + 1)),
    "made before the closing": ("timing", closed(issued_at=CLOSE - 1)),
    "made too late": ("timing", closed(issued_at=CLOSE + 5_000)),
    "made too late, really": ("timing", closed(real, issued_at=hand.REAL_CLOSE + 35_000)),
    "a beacon seen that is none": ("timing", closed(latest_beacon=SEEN | {"round": 1000})),
    "the beacon was known": (
        "timing",
        closed(real, latest_beacon={"round": hand.REAL_ROUND, "signature": hand.SIGNATURES[hand.REAL_ROUND]}),
    ),
    "an entrant twice": ("list", leaves(doubled)),
    "out of order": ("list", leaves(swapped)),
    "a weight among equal chances": ("list", lambda: _heavy(Draw())),
    "a weight in a guess": ("list", lambda: _heavy(guess(weight_rule="一元一份"))),
    "a weight of nought": ("list", leaves(lambda made: [made[0][:32] + bytes(8), *made[1:]], weighted)),
    "a weight above the limit": (
        "list",
        lambda: Draw(weight_rule="一元一份", entries=[("a", 1_000_001, 0), ("b", 1, 0)]),
    ),
    "a weight that needs 60 bits": (
        "list",
        lambda: replace(weighted(), on_leaves=_huge, on_closed=setting(weight=9)),
    ),
    "a guess below the least": ("list", lambda: _ranged(least=1)),
    "a guess above the most": ("list", lambda: _ranged(most=99_999)),
    "a wave that is none": ("list", lambda: rain(entries=[("a", 1, 1), ("b", 1, 0), ("c", 1, 3)])),
    "a wave too many": ("list", lambda: rain(entries=[("a", 1, 1), ("b", 1, 8), ("c", 1, 3)])),
    "another number of entries": ("list", closed(entries=10, weight=10)),
    "fewer entries than leaves": ("list", closed(weighted, entries=2)),
    "another sum of weights": ("list", closed(weighted, weight=7)),
    "another root": ("list", closed(root="44" * 32)),
    "another seed": ("seed", drawn(seed="44" * 32)),
    "another randomness": ("seed", drawn(randomness="44" * 32)),
    "other winners": ("selection", lambda: Draw(on_drawn=_swap_winners)),
    "a winner in the reserve": ("selection", lambda: Draw(on_drawn=_one_to_the_reserve)),
    "another reserve": ("selection", drawn(reserves__0=0, reserves__1=0)),
    "a winner too few": ("selection", lambda: Draw(on_drawn=lambda record: record["reserves"].pop() and None)),
    "a result after another record": ("drawn", drawn(prev="44" * 32)),
    "a result of another commitment": ("drawn", drawn(commit_hash="44" * 32)),
    "a result of another draw": ("drawn", drawn(draw_id="抽奖-2")),
    "a result of another beacon": ("drawn", drawn(beacon__round=7)),
    "a practice result too early": ("drawn", drawn(drawn_at=CLOSE + 14_999)),
}  # fmt: skip


def _heavy(draw: Draw) -> Draw:
    """The last two entries weigh 0 and 2, so that the sum is right."""

    def shift(made: list[bytes]) -> list[bytes]:
        first, second = made[-2], made[-1]
        heavy, light = (2).to_bytes(8, "big"), bytes(8)
        return [*made[:-2], first[:32] + heavy + first[40:], second[:32] + light + second[40:]]

    return replace(draw, on_leaves=shift)


def _huge(made: list[bytes]) -> list[bytes]:
    return [made[0][:32] + (2**60 + 1).to_bytes(8, "big"), *made[1:]]


def _ranged(**limits: int) -> Draw:
    draw = guess()
    draw.contest |= limits
    return draw


def _swap_winners(record: dict[str, Any]) -> None:
    record["winners"][:2] = reversed(record["winners"][:2])


def _one_to_the_reserve(record: dict[str, Any]) -> None:
    record["reserves"].insert(0, record["winners"].pop())


LISTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another draw": lambda made: made.update(draw_id="x"),
    "another format": lambda made: made.update(format="lfd1-proof"),
    "a field too many": lambda made: made.update(note=1),
    "a leaf too few": lambda made: made.update(leaves=made["leaves"][80:]),
    "half a leaf": lambda made: made.update(leaves=made["leaves"][:-2]),
    "another leaf": lambda made: made.update(leaves="0" + made["leaves"][1:]),
    "upper-case hex": lambda made: made.update(leaves=made["leaves"].upper()),
    "a list of leaves": lambda made: made.update(leaves=[made["leaves"]]),
    "an excluded viewer too few": lambda made: made["excluded"].pop(),
    "an excluded viewer too many": lambda made: made["excluded"].append(["ff" * 32, "staff"]),
    "an excluded viewer twice": lambda made: made["excluded"].append(made["excluded"][-1]),
    "the excluded out of order": lambda made: made["excluded"].reverse(),
    "another reason": lambda made: made["excluded"][0].__setitem__(1, "late"),
    "a reason nobody knows": lambda made: made["excluded"][0].__setitem__(1, "ugly"),
    "another excluded viewer": lambda made: made["excluded"][0].__setitem__(0, "00" * 32),
    "no pair": lambda made: made["excluded"].append("x"),
    "three in a pair": lambda made: made["excluded"][0].append("x"),
    "digits that are none": lambda made: made.update(leaves=made["leaves"].replace("10", "0g", 1)),
    "a name of digits that are none": lambda made: _reworded(made["excluded"]),
}


def _reworded(excluded: list[list[str]]) -> None:
    """A careless reader takes "0g" for 16, which is "10"."""
    first = excluded[0][0]
    place = next(i for i in range(0, 64, 2) if first[i] != "0")
    value = int(first[place : place + 2], 16)
    excluded[0][0] = (
        first[:place] + f"{value // 16 - 1:x}" + chr(ord("a") + value % 16 + 6) + first[place + 2 :]
    )
