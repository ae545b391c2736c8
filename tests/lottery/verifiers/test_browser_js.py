"""`browser.js` in Node: what is published verifies, and nothing that was changed does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from .stage import GOLDEN, LIBRARY, NODE, SCRIPT, Node, Refused, failed, golden, names, node

NAMES = [
    "file", "real", "key", "commitment", "expect", "terms", "closed", "timing", "publish_by", "beacon", "list", "seed",
    "selection", "winners", "drawn",
]  # fmt: skip
GOLDENS = sorted(path.name for path in GOLDEN.glob("*.proof.json"))
# Which parts of each file are changed, value by value: all of two files, and of the others what they alone have.
PARTS = {
    "bare.proof.json": None,
    "practice.proof.json": None,
    "real.proof.json": ("closed", "beacon", "drawn"),
    "short.proof.json": ("kind", "winners", "leaves"),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_a_golden_proof_holds(script: Node, name: str) -> None:
    proof = golden(name)
    result = script.verify((GOLDEN / name).read_text(encoding="utf-8"))
    assert failed(result) is None, result["steps"]
    assert names(result["steps"]) == NAMES
    assert result["winners"] == proof["drawn"]["record"]["winners"]
    assert result["reserves"] == proof["drawn"]["record"]["reserves"]
    assert result["entries"] == proof["closed"][-1]["record"]["entries"]
    assert (result["commitHash"], result["closedHash"]) == (
        proof["commitment"]["hash"],
        proof["closed"][-1]["hash"],
    )
    assert result["practice"] is ("mode" in proof["commitment"]["record"]["beacon"])
    assert all(step["zh"] and step["en"] and step["titleZh"] and step["titleEn"] for step in result["steps"])


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every single value in a file."""
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*at, key))
    else:
        yield at


def other(value: Any) -> Any:
    """Another value of the same type, and as like as can be."""
    if isinstance(value, bool | None):
        return 0
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value[:-1] + ("1" if value[-1] != "1" else "0") if value else "x"
    return [0] if isinstance(value, list) else {"x": 0}


def changed(proof: dict[str, Any], at: tuple[Any, ...], make: Callable[[Any], Any] = other) -> dict[str, Any]:
    copy = deepcopy(proof)
    holder = copy
    for key in at[:-1]:
        holder = holder[key]
    holder[at[-1]] = make(holder[at[-1]])
    return copy


@pytest.mark.parametrize("name", PARTS)
def test_no_value_can_be_changed(script: Node, name: str) -> None:
    proof, parts = golden(name), PARTS[name]
    spots = [at for at in places(proof) if parts is None or at[0] in parts]
    assert len(spots) > 20
    held = [at for at in spots if failed(script.verify(changed(proof, at))) is None]
    assert held == []


def test_no_field_can_be_left_out_or_added(script: Node) -> None:
    proof = golden("practice.proof.json")
    objects = {at[:i] for at in places(proof) for i in range(len(at)) if isinstance(at[i], str)}
    for at in sorted(objects, key=str):
        if at[-1:] == ("excluded",):
            continue  # counts by reason: which of them are there is bound by the record's hash
        for key in list(_at(proof, at)):
            copy = deepcopy(proof)
            del _at(copy, at)[key]
            assert failed(script.verify(copy)) == "file", (at, key)
        copy = deepcopy(proof)
        _at(copy, at)["__proto__"] = 1
        assert failed(script.verify(copy)) == "file", at


def _at(value: Any, at: tuple[Any, ...]) -> Any:
    for key in at:
        value = value[key]
    return value


STRICT = {
    "a key twice": ('"v":1,', '"v":1,"v":1,'),
    "a key twice, once escaped": ('"v":1,', '"v":1,"\\u0076":1,'),
    "a float": ('"v":1,', '"v":1.0,'),
    "an exponent": ('"v":1,', '"v":1e0,'),
    "minus nought": ('"position":0', '"position":-0'),
    "too large": ('"sequence":1', '"sequence":9007199254740993'),
    "a leading nought": ('"sequence":1', '"sequence":01'),
    "true for one": ('"v":1,', '"v":true,'),
    "text for one": ('"v":1,', '"v":"1",'),
    "not NFC": ('"title":"周年抽奖"', '"title":"e\\u0301"'),
    "half a character": ('"title":"周年抽奖"', '"title":"\\ud800"'),
    "half a character, the other": ('"title":"周年抽奖"', '"title":"\\ude00x"'),
    "a raw control": ('"title":"周年抽奖"', '"title":"\x01"'),
    "an unknown escape": ('"title":"周年抽奖"', '"title":"\\x"'),
    "upper-case hex": ('"seed":"7c27c91e', '"seed":"7C27C91E'),
    "an escape of letters that are no digits": ('"title":"周年抽奖"', '"title":"\\u12g4"'),
    "an escape by another letter": ('"title":"周年抽奖"', '"title":"\\x0041"'),
    "a key not in ASCII": ('"v":1,', '"v":1,"ｖ":1,'),
    "a comment": ('"v":1,', '/* */"v":1,'),
    "a comma too many": ('"v":1,', '"v":1,,'),
    "NaN": ('"sequence":1', '"sequence":NaN'),
}  # fmt: skip


@pytest.mark.parametrize("why", STRICT)
def test_the_file_is_read_strictly(script: Node, why: str) -> None:
    text = (GOLDEN / "practice.proof.json").read_text(encoding="utf-8")
    old, new = STRICT[why]
    assert old in text
    assert failed(script.verify(text.replace(old, new, 1))) == "file"


@pytest.mark.parametrize(
    "text", ["", " ", "null", "[]", "{}", "1", '"', '{"a":', "[" * 100_000, '{"a":' * 5000, "{}x"]
)
def test_what_is_no_proof_fails_and_does_not_throw(script: Node, text: str) -> None:
    result = script.verify(text)
    assert failed(result) == "file"
    assert result["practice"] is None


def test_what_is_nested_too_deeply_is_refused_before_the_stack_ends(script: Node) -> None:
    with pytest.raises(Refused, match="nested"):
        script.call("readJson", "[" * 1_000_000)
    assert script.call("readJson", "[" * 17 + "]" * 17) is not None
    with pytest.raises(Refused, match="nested"):
        script.call("readJson", "[" * 18 + "]" * 18)


def test_hex_digits_that_are_none(script: Node) -> None:
    text = (GOLDEN / "practice.proof.json").read_text(encoding="utf-8")
    proof = json.loads(text)
    leaf = next(leaf for leaf in proof["leaves"] if "10" in leaf)
    for wrong in (leaf.replace("10", "0g", 1), leaf.upper()):
        assert failed(script.verify(json.dumps(proof).replace(leaf, wrong))) == "file"
    proof["winners"][0]["path"][0] = "0g" + proof["winners"][0]["path"][0][2:]
    assert failed(script.verify(proof)) == "file"


def test_a_changed_key_of_the_beacon_is_noticed(tmp_path: Path) -> None:
    if NODE is None:
        pytest.skip("there is no node on this machine")
    (tmp_path / "vendor").mkdir()
    shutil.copy(LIBRARY, tmp_path / "vendor" / LIBRARY.name)
    source = SCRIPT.read_text(encoding="utf-8")
    assert source.count("ef5ece45a") == 1
    copy = tmp_path / SCRIPT.name
    copy.write_text(source.replace("ef5ece45a", "ef5ece45b"), encoding="utf-8")
    with node(copy, library=None) as script:
        assert failed(script.verify(golden("real.proof.json"))) == "key"


def test_node_finds_the_library_by_itself() -> None:
    if NODE is None:
        pytest.skip("there is no node on this machine")
    with node(library=None) as script:
        assert failed(script.verify(golden("real.proof.json"))) is None


def test_white_space_order_and_a_byte_order_mark_do_not_matter(script: Node) -> None:
    proof = golden("practice.proof.json")
    turned = json.dumps(dict(reversed(proof.items())), indent=3, ensure_ascii=True)
    assert failed(script.verify("\ufeff\r\n" + turned + "\t\n")) is None


def test_a_broken_practice_file_still_says_practice(script: Node) -> None:
    proof = golden("practice.proof.json")
    del proof["beacon"]
    assert script.verify(proof)["practice"] is True


@pytest.mark.parametrize("expect", [None, "", "  "])
def test_without_the_hash_from_the_room_it_says_so(script: Node, expect: str | None) -> None:
    steps = script.verify(golden("real.proof.json"), expect=expect)["steps"]
    assert [step["status"] for step in steps if step["name"] == "expect"] == ["note"]


def test_the_hash_from_the_room(script: Node) -> None:
    proof = golden("real.proof.json")
    commit = proof["commitment"]["hash"]
    groups = " ".join(commit[i : i + 4] for i in range(0, 16, 4))
    right = (commit, commit[:16], commit.upper(), groups, groups.replace(" ", "-"), f"\n{commit[:20]} ")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in commit[:16])
    for expect in (*right, wide, *(one["hash"] for one in proof["closed"])):
        result = script.verify(proof, expect=expect)
        assert result["ok"], expect
        # Of the rules alone it says that the list was not compared: it could have been signed afterwards.
        of_list = expect in [one["hash"] for one in proof["closed"]]
        (step,) = [step for step in result["steps"] if step["name"] == "expect"]
        assert step["status"] == ("ok" if of_list else "note")
        assert of_list or "名单还没有核对" in step["zh"]
    for expect in (commit[:15], commit + "0", commit[1:], "g" * 16, proof["drawn"]["hash"], "0" * 16):
        assert failed(script.verify(proof, expect=expect)) == "expect", expect


def test_a_practice_draw_is_no_real_one(script: Node) -> None:
    assert failed(script.verify(golden("practice.proof.json"), real=True)) == "real"
    assert failed(script.verify(golden("real.proof.json"), real=True)) is None


def test_the_script_can_stand_inside_a_page_of_an_older_phone() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    for forbidden in (
        "</script",
        "<!--",
        "(?<",
        "eval(",
        "Function(",
        "fetch(",
        "import(",
        ".innerHTML",
        "http://",
    ):
        assert forbidden not in source
