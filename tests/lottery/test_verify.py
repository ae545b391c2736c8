from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lottery import beacon as drand
from lottery import canonical, draw, life, proof
from lottery.answers import Answer
from lottery.errors import ProofError
from lottery.proof import Proof, parse
from lottery.record import ClosedRecord
from lottery.report import PRACTICE_LINE
from lottery.roster import Roster
from lottery.rules import Prize
from lottery.signed import Signed
from lottery.signer import SigningKey
from lottery.verify import verify, verify_bytes

from .makers import (
    KEY,
    NOBODY,
    SHEET,
    VECTORS,
    closed_case,
    contest_finished,
    contest_list,
    finished,
    reparse,
    vector_proof,
)

PRACTICE = finished()
REAL = finished(preset="quick")
SHORT = finished(full=False)
CONTESTS = {kind: contest_finished(kind) for kind in ("keyword", "quiz", "guess", "rain", "purchase")}
PROOFS = {"practice": PRACTICE, "real": REAL, "short": SHORT, "bare": vector_proof("B"), **CONTESTS}


def failed(made: Proof, **options: Any) -> str:
    """Name of the step that fails."""
    report = verify(made, **options)
    assert not report.ok
    return next(step.name for step in report.steps if step.status == "failed")


@pytest.mark.parametrize("vector", VECTORS["draws"], ids=lambda v: str(v["name"]))
def test_published_draws_verify(vector: dict[str, Any]) -> None:
    made = vector_proof(vector["name"])
    for expect in (vector["commit_hash"], made.closed[0].hash, vector["commit_hash"][:16].upper() + " "):
        report = verify_bytes(made.to_bytes(), expect=expect, real=True)
        assert report.ok
        assert list(report.winners) == vector["positions"]
        assert "bare" in next(step.detail for step in report.steps if step.name == "terms")


@pytest.mark.parametrize("name", PROOFS)
def test_good_proofs_verify(name: str) -> None:
    report = verify_bytes(PROOFS[name].to_bytes())
    assert report.ok, report.lines()
    assert report.verdict.startswith("结果：通过")


GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["practice", "real", "short", "bare"])
def test_proof_files_of_the_first_version_still_verify(name: str) -> None:
    """Files handed to viewers must verify for years. Never make these anew: add a later version beside them."""
    data = (GOLDEN / f"{name}.proof.json").read_bytes()
    assert verify_bytes(data).ok
    assert parse(data).to_bytes().split() == data.split()


@pytest.mark.parametrize("kind", CONTESTS)
def test_proof_and_list_files_of_each_contest_still_verify(kind: str) -> None:
    """Drawn up by version 0.5; as above, never make them anew."""
    data = (GOLDEN / f"contest-{kind}.proof.json").read_bytes()
    listed = (GOLDEN / f"contest-{kind}.list.json").read_bytes()
    report = verify_bytes(data, list_data=listed)
    assert report.ok, report.lines()
    assert parse(data).to_bytes() == data
    assert proof.parse_list(listed).to_bytes() == listed


# Every single value ------------------------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values in a JSON tree, containers included, the top excluded."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], (*path, index))


def others(value: Any) -> list[Any]:
    """Values near `value` that are not it, of its own and of other types."""
    if isinstance(value, bool) or value is None:
        return [0, 1, "", "00" * 48, [], {}]
    if isinstance(value, int):
        return [value + 1, value - 1, str(value), float(value), None, value == 1, [value]]
    if isinstance(value, str):
        near = [value + "0", value[:-1], value.upper(), " " + value, value + "\u0301", "", None, 0, [value]]
        flipped = "0" if value[:1] != "0" else "1"
        return [one for one in [*near, flipped + value[1:], value[:-1] + flipped] if one != value]
    if isinstance(value, list):
        doubled: list[Any] = (
            [[*value, value[-1]], value[:-1], value[1:], value[::-1]] if value else [[0], [""]]
        )
        doubled += [None, {}, ""]
        return [one for one in doubled if one != value]
    mapped: list[Any] = [{}, {**value, "x": 1}, None, [], ""]
    return [one for one in mapped if one != value]


def changed(whole: Any, path: tuple[Any, ...], new: Any) -> Any:
    copied = copy.deepcopy(whole)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    if new is places:  # a mark no JSON value can be: take the value out
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return copied


def refused(value: Any) -> bool:
    try:
        return not verify_bytes(json.dumps(value).encode()).ok
    except ProofError:
        return True


@pytest.mark.parametrize("name", ["practice", "real", "short", "bare", "quiz", "guess", "rain"])
def test_no_single_value_can_be_changed_taken_out_or_added(name: str) -> None:
    whole = json.loads(PROOFS[name].to_bytes())
    assert not refused(whole)
    tried = 0
    for path in places(whole):
        value = whole
        for step in path:
            value = value[step]
        for new in [*others(value), places]:
            assert refused(changed(whole, path, new)), (path, new)
            tried += 1
    assert refused({**whole, "x": None})
    assert tried > 500


@pytest.mark.parametrize("kind", ["keyword", "guess"])
def test_no_single_value_of_a_list_file_can_be_changed(kind: str) -> None:
    data = CONTESTS[kind].to_bytes()
    whole = json.loads(contest_list(kind).to_bytes())

    def stands(value: Any) -> bool:
        try:
            return verify_bytes(data, list_data=json.dumps(value).encode()).ok
        except ProofError:
            return False

    assert stands(whole)
    tried = 0
    for path in places(whole):
        value = whole
        for step in path:
            value = value[step]
        for new in [*others(value), places]:
            assert not stands(changed(whole, path, new)), (path, new)
            tried += 1
    assert tried > 100
    assert not stands({**whole, "x": None})


def test_swapping_two_leaves_or_two_winners_is_seen() -> None:
    for key in ("leaves", "winners", "closed"):
        whole = json.loads(PRACTICE.to_bytes())
        whole[key][0], whole[key][1] = whole[key][1], whole[key][0]
        assert refused(whole)


# Cheats by someone who holds the signing key -----------------------------------------------------------------


def resealed(made: Proof, key: SigningKey | None = KEY, **closed: Any) -> Proof:
    """The proof with its last closed record changed, and everything after it made anew by an honest
    formula.
    """
    last = Signed.seal(replace(made.closed[-1].record, **closed), key)
    return redrawn(replace(made, closed=(*made.closed[:-1], last)), key)


def redrawn(made: Proof, key: SigningKey | None = KEY, **drawn: Any) -> Proof:
    closed = made.closed[-1]
    seed = draw.seed(
        bytes.fromhex(made.commitment.hash),
        bytes.fromhex(closed.record.root),
        closed.record.entries,
        closed.record.weight,
        made.beacon.round,
        made.beacon.randomness,
    )
    record = replace(made.drawn.record, **{"prev": closed.hash, "seed": seed.hex(), **drawn})
    return replace(made, drawn=Signed.seal(record, key))


def test_the_resealing_of_these_tests_is_honest() -> None:
    assert verify(resealed(PRACTICE)).ok


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"rev": 3}, "closed"),
        ({"prev": "00" * 32}, "closed"),
        ({"commit_hash": "00" * 32}, "closed"),
        ({"draw_id": "draw-2"}, "closed"),
        ({"entries": 2, "weight": 2}, "closed"),
        ({"weight": 3}, "closed"),
        ({"weight": 8_000_000}, "closed"),
        ({"closed_at": 1}, "timing"),
        ({"issued_at": PRACTICE.commitment.record.deadline_ms}, "timing"),
        ({"issued_at": PRACTICE.closed[0].record.issued_at - 1}, "timing"),
        ({"root": "00" * 32}, "list"),
        ({"entries": 8, "weight": 8}, "list"),
        ({"weight": 8}, "closed"),
        ({"entries": 6, "weight": 6}, "list"),
        ({"excluded_viewers": None}, "closed"),
        ({"excluded_viewers": 5}, "closed"),
        ({"excluded": (("out_of_range", 1), ("staff", 1))}, "closed"),
        ({"answer": Answer("00" * 32, ("1",))}, "closed"),
        ({"latest_beacon": drand.Beacon(7, drand.practice_beacon(2).signature)}, "timing"),
    ],
)
def test_a_false_closed_record_is_seen_though_signed(change: dict[str, Any], step: str) -> None:
    assert failed(resealed(PRACTICE, **change)) == step


def test_a_closed_record_that_knows_the_round_is_too_late() -> None:
    assert failed(resealed(REAL, latest_beacon=REAL.beacon)) == "timing"


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"seed": "00" * 32}, "seed"),
        ({"randomness": "00" * 32}, "seed"),
        ({"winners": PRACTICE.drawn.record.winners[::-1]}, "selection"),
        ({"winners": PRACTICE.drawn.record.winners[:2]}, "selection"),
        ({"reserves": ()}, "selection"),
        ({"prev": "00" * 32}, "drawn"),
        ({"commit_hash": "00" * 32}, "drawn"),
        ({"draw_id": "draw-2"}, "drawn"),
        ({"beacon": drand.practice_beacon(2)}, "drawn"),
        ({"drawn_at": PRACTICE.commitment.record.beacon.due_ms - 1}, "drawn"),
    ],
)
def test_a_false_drawn_record_is_seen_though_signed(change: dict[str, Any], step: str) -> None:
    assert failed(redrawn(PRACTICE, **change)) == step


def test_another_beacon_is_refused() -> None:
    other = next(r for r in drand.PRACTICE_SIGNATURES if r != PRACTICE.beacon.round)
    assert failed(replace(PRACTICE, beacon=drand.practice_beacon(other))) == "beacon"
    forged = drand.Beacon(PRACTICE.beacon.round, drand.practice_beacon(other).signature)
    assert failed(replace(PRACTICE, beacon=forged)) == "beacon"


def test_records_signed_by_another_key_are_refused() -> None:
    other = SigningKey.from_seed(b"o" * 32)
    assert failed(resealed(PRACTICE, other)) == "closed"
    assert failed(redrawn(PRACTICE, other)) == "drawn"
    assert (
        failed(replace(PRACTICE, commitment=Signed.seal(PRACTICE.commitment.record, other))) == "commitment"
    )
    assert failed(replace(PRACTICE, commitment=Signed.seal(PRACTICE.commitment.record, None))) == "commitment"


def test_a_commitment_with_a_chosen_round_is_refused() -> None:
    record = REAL.commitment.record
    chosen = replace(record, beacon=replace(record.beacon, round=20791007))
    assert failed(replace(REAL, commitment=Signed.seal(chosen, KEY))) == "terms"


def test_winners_paths_are_checked_even_with_the_list() -> None:
    first, second, *rest = PRACTICE.winners
    assert failed(replace(PRACTICE, winners=(second, first, *rest))) == "winners"
    forged = replace(first, path=(b"\0" * 32, *first.path[1:]))
    assert failed(replace(PRACTICE, winners=(forged, second, *rest))) == "winners"


def test_a_short_proof_cannot_hide_weights() -> None:
    case = closed_case(late_entries=0)
    heavy = Roster.of((leaf[:32], 1 + i % 2) for i, leaf in enumerate(case.roster.leaves))
    lie = replace(case.closed[0].record, root=heavy.root.hex(), weight=7)
    proof_of_lie = replace(SHORT, closed=(Signed.seal(lie, KEY),), commitment=case.announced)
    seeded = redrawn(proof_of_lie)
    chosen = draw.select_equal(bytes.fromhex(seeded.drawn.record.seed), 7, 5)
    full = redrawn(seeded, winners=chosen[:3], reserves=chosen[3:])
    assert failed(replace(full, winners=tuple(heavy.show(p) for p in chosen))) == "winners"
    honest_sum = resealed(SHORT, weight=SHORT.closed[-1].record.weight + 1)
    assert failed(honest_sum) == "closed"


def test_a_short_proof_needs_promised_equal_weights_though_the_sums_agree() -> None:
    bare = vector_proof("A")
    assert bare.closed[-1].record.weight == bare.closed[-1].record.entries
    assert failed(replace(bare, leaves=None)) == "list"


def test_promised_equal_weights_are_checked_in_the_list() -> None:
    case = closed_case(late_entries=0)
    heavy = Roster.of((leaf[:32], 1 + i % 2) for i, leaf in enumerate(case.roster.leaves))
    for said, step in ((heavy.weight, "closed"), (len(heavy), "list")):
        record = replace(case.closed[0].record, root=heavy.root.hex(), weight=said)
        assert failed(replace(PRACTICE, closed=(Signed.seal(record, KEY),), leaves=heavy.leaves)) == step


# What the checker asks for -----------------------------------------------------------------------------------


def test_without_expect_the_report_says_what_it_cannot_say() -> None:
    step = next(step for step in verify(REAL).steps if step.name == "expect")
    assert step.status == "note"
    assert "not compared" in step.detail


def test_the_hash_of_the_rules_alone_says_nothing_of_the_list() -> None:
    """Once the beacon is out, the signer could sign list after list until one pleases."""
    for expect, status in ((REAL.commitment.hash, "note"), (REAL.closed[-1].hash, "ok")):
        report = verify(REAL, expect=expect)
        assert report.ok
        step = next(step for step in report.steps if step.name == "expect")
        assert step.status == status
        assert ("list was not compared" in step.detail) is (status == "note")


@pytest.mark.parametrize("expect", ["0" * 64, "f" * 16, "", "abc", "g" * 16, "0" * 65])
def test_another_expected_hash_fails(expect: str) -> None:
    assert failed(REAL, expect=expect) == "expect"


@pytest.mark.parametrize("between", [" ", "-", "·", " · ", "\u3000"])
def test_the_hash_is_taken_in_groups_as_the_screen_shows_it(between: str) -> None:
    shown = between.join(REAL.commitment.hash[at : at + 4] for at in range(0, 16, 4))
    assert verify(REAL, expect=shown).ok


def test_any_revisions_hash_is_recognised() -> None:
    for revision in REAL.closed:
        assert verify(REAL, expect=revision.hash[:16]).ok


def test_practice_is_said_first_and_last_and_refused_as_real() -> None:
    for report in (verify(PRACTICE), verify(PRACTICE, real=True), verify(redrawn(PRACTICE, winners=()))):
        assert report.lines()[0] == report.lines()[-1] == PRACTICE_LINE
        assert report.practice
    assert "PRACTICE" in PRACTICE_LINE
    noted = next(step for step in verify(PRACTICE).steps if step.name == "real")
    assert noted.status == "note"
    assert failed(PRACTICE, real=True) == "real"
    assert verify(REAL, real=True).ok
    assert "PRACTICE" not in "".join(verify(REAL).lines())


def test_a_broken_practice_file_still_says_practice() -> None:
    whole = json.loads(PRACTICE.to_bytes())
    del whole["drawn"]
    report = verify_bytes(json.dumps(whole).encode())
    assert not report.ok
    assert report.lines()[0] == report.lines()[-1] == PRACTICE_LINE


def test_steps_after_a_failure_are_not_called_ok() -> None:
    report = verify(resealed(PRACTICE, root="00" * 32))
    statuses = [step.status for step in report.steps]
    where = statuses.index("failed")
    assert set(statuses[where + 1 :]) == {"skipped"}
    assert report.winners == ()
    assert "FAILED" in report.verdict


def test_an_own_beacon_must_agree() -> None:
    assert verify(REAL, beacon=REAL.beacon).ok
    assert failed(REAL, beacon=drand.practice_beacon(1000)) == "beacon"


def test_a_late_root_is_remarked() -> None:
    case = closed_case(preset="quick", late_entries=0)
    terms = case.announced.record.terms
    assert terms is not None
    closed = life.close(case.announced, case.roster, NOBODY, terms.publish_by + 1500, KEY)
    assert isinstance(closed.record, ClosedRecord)
    end = life.finish(case.announced, [closed], case.roster, case.beacon, case.due_ms, KEY)
    assert isinstance(end, life.Finished)
    report = verify(end.proof)
    assert report.ok
    assert next(s.status for s in report.steps if s.name == "publish_by") == "note"


def test_a_draw_without_entries_has_no_proof() -> None:
    empty = Roster.of([])
    assert (
        failed(
            resealed(
                replace(PRACTICE, closed=PRACTICE.closed[:1]), entries=0, weight=0, root=empty.root.hex()
            )
        )
        == "closed"
    )


def test_the_report_for_machines_is_whole() -> None:
    value = verify(REAL).to_json()
    assert value["ok"] is True
    assert value["commit_hash"] == REAL.commitment.hash
    assert value["winners"] == list(REAL.drawn.record.winners)
    assert {step["status"] for step in value["steps"]} <= {"ok", "note"}
    assert canonical.loads(json.dumps(value)) == value


def test_hostile_titles_do_not_reach_the_report() -> None:
    sheet = replace(SHEET, title="<script>=cmd()", prizes=(Prize("<b>", "=1+1", 1, 100),))
    text = "\n".join(verify(finished(sheet=sheet)).lines())
    assert "script" not in text
    assert "=1+1" not in text


def test_whitespace_and_key_order_do_not_matter() -> None:
    assert reparse(json.loads(json.dumps(REAL.to_json(), sort_keys=False, indent=2))) == REAL
