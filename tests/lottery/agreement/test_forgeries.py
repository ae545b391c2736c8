"""Every forgery of the table is refused by all three verifiers, at the step where it ought to be."""

from __future__ import annotations

import json
from functools import cache

import pytest

from .bases import FORGERS_KEY, KEY, File, base, recompute, rehash, sign
from .conftest import Judge
from .forgeries import FORGERIES
from .forgery import EDIT, LIST, OPERATOR, OPERATOR_LIST, RECOMPUTE, Forgery
from .judges import UNREADABLE, Case, Verdict
from .recomputed import RECOMPUTED
from .tricks import FINE, LIST_TRICKS, TRICKS

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

BASES = ("keyword", "short", "weighted", "quiz", "guess", "rain", "purchase", "practice", "bare")


def case_of(name: str, file: File, expect: str | None = None) -> Case:
    entry_list = None if file.entry_list is None else json.dumps(file.entry_list).encode()
    return Case(name, json.dumps(file.proof, ensure_ascii=False).encode(), entry_list, expect)


@cache
def forged(forgery: Forgery) -> Case:
    file = base(forgery.base)
    forgery.act(file)
    if forgery.power in (RECOMPUTE, OPERATOR, OPERATOR_LIST):
        recompute(file)
    if forgery.after is not None:
        forgery.after(file)
    if forgery.power in (OPERATOR, OPERATOR_LIST):
        rehash(file)
        sign(file, KEY)
    if forgery.power not in (LIST, OPERATOR_LIST):
        file.entry_list = None
    return case_of(forgery.name, file)


@cache
def signed_by_the_forger(forgery: Forgery, expect: bool) -> Case:
    """The same forgery with another signer pinned, so that everything in the file holds."""
    file = base(forgery.base)
    announced = file.proof["commitment"]["hash"]
    forgery.act(file)
    file.commitment["signer"] = FORGERS_KEY.public
    file.entry_list = None
    recompute(file)
    sign(file, FORGERS_KEY)
    return case_of(forgery.name, file, announced if expect else None)


def _all_refused(found: list[Verdict], forgeries: tuple[Forgery, ...], steps: list[str]) -> None:
    wrong = [
        f"{forgery.name}: {'accepted' if verdict.ok else verdict.failed}, not {step} ({verdict.detail})"
        for forgery, verdict, step in zip(forgeries, found, steps, strict=True)
        if verdict.ok or verdict.failed not in step.split("|") or verdict.winners
    ]
    assert not wrong, "\n".join(wrong)


def test_the_honest_draws_hold(judge: Judge) -> None:
    """Without this, refusing the forgeries would be no feat."""
    files = {name: base(name) for name in BASES}
    plain = [case_of(name, file) for name, file in files.items()]
    expecting = [case_of(name, file, file.proof["closed"][-1]["hash"][:16]) for name, file in files.items()]
    assert [verdict.detail for verdict in judge([*plain, *expecting]) if not verdict.ok] == []


def test_every_forgery_is_refused(judge: Judge) -> None:
    found = judge([forged(forgery) for forgery in FORGERIES])
    _all_refused(found, FORGERIES, [forgery.step for forgery in FORGERIES])


def test_a_forger_with_a_key_of_his_own_is_told_by_the_hash_from_the_room(judge: Judge) -> None:
    found = judge([signed_by_the_forger(forgery, True) for forgery in RECOMPUTED])
    _all_refused(found, RECOMPUTED, ["expect"] * len(RECOMPUTED))


def test_nothing_but_the_signature_and_that_hash_stood_against_them(judge: Judge) -> None:
    """That is: these forgers really recomputed everything that needs no key."""
    found = judge([signed_by_the_forger(forgery, False) for forgery in RECOMPUTED])
    assert [
        f"{f.name}: {v.failed} {v.detail}" for f, v in zip(RECOMPUTED, found, strict=True) if not v.ok
    ] == []


def test_the_table_is_as_long_as_promised() -> None:
    names = [forgery.name for forgery in FORGERIES]
    assert len(set(names)) == len(names) >= 40
    assert 2 * len(RECOMPUTED) >= 40
    assert {forgery.power for forgery in FORGERIES} == {EDIT, RECOMPUTE, OPERATOR, LIST, OPERATOR_LIST}
    assert {forgery.base for forgery in FORGERIES} == set(BASES)


@pytest.mark.parametrize("name", [forgery.name for forgery in FORGERIES])
def test_a_forgery_is_another_file_than_the_honest_one(name: str) -> None:
    forgery = next(one for one in FORGERIES if one.name == name)
    honest = base(forgery.base)
    case = forged(forgery)
    changed = json.dumps(json.loads(case.proof)) != json.dumps(honest.proof)
    assert changed is (forgery.power != LIST)
    if forgery.power == LIST:
        assert case.entry_list is not None
        assert json.loads(case.entry_list) != honest.entry_list


def test_recomputing_an_honest_draw_gives_the_honest_draw() -> None:
    for name in BASES:
        if name in ("short", "bare"):
            continue  # a short proof has no list to recompute from, a bare one no key
        file = base(name)
        recompute(file)
        sign(file, KEY)
        assert file.proof == base(name).proof, name


def test_a_text_that_two_readers_could_read_in_two_ways_is_refused(judge: Judge) -> None:
    found = judge([trick.case() for trick in TRICKS])
    for trick, verdict in zip(TRICKS, found, strict=True):
        assert (verdict.ok, verdict.winners) == (False, ()), trick.name
        assert verdict.failed in ("file", UNREADABLE), (trick.name, verdict)


def test_white_space_and_escapes_do_not_matter(judge: Judge) -> None:
    found = judge([fine.case() for fine in FINE])
    assert [(fine.name, verdict) for fine, verdict in zip(FINE, found, strict=True) if not verdict.ok] == []


def test_a_list_file_that_is_none_is_not_taken(judge: Judge) -> None:
    cases = []
    for name, act in LIST_TRICKS.items():
        file = base("short")
        assert file.entry_list is not None
        act(file.entry_list)
        cases.append(case_of(name, file))
    found = judge(cases)
    assert [(case.name, verdict) for case, verdict in zip(cases, found, strict=True) if verdict.ok] == []
