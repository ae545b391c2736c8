"""What may be said now, and the gate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from replies.errors import LibraryError, PhraseRefused
from replies.facts import Product
from replies.library import Library
from replies.phrase import Phrase

SOAP = Product("P1", "洁面乳", (), 1, "beauty")
LIVE = Phrase("any", "price", "any", None, None, "zh", "看购物车", state="live", signed="r1")
CLASS = replace(LIVE, id="class", scope="class", product="beauty")
OWN = replace(LIVE, id="own", scope="product", product="P1")


def eligible(library: Library, product: Product | None = SOAP, **changes: object) -> list[str]:
    asked = {"platform": "bilibili", "lang": "zh", "now_ms": 100, "practice": False, **changes}
    return [phrase.id for phrase in library.eligible("price", product, **asked)]  # type: ignore[arg-type]


def test_the_most_specific_comes_first() -> None:
    library = Library([LIVE, CLASS, OWN, replace(OWN, id="other", product="P2")])
    assert eligible(library) == ["own", "class", "any"]
    assert eligible(library, None) == ["any"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "draft"}, "not_approved"),
        ({"state": "in_review"}, "not_approved"),
        ({"state": "withdrawn"}, "not_approved"),
        ({"state": "expired"}, "expired"),
        ({"valid_from_ms": 101}, "not_yet"),
        ({"valid_until_ms": 100}, "expired"),
        ({"signed": "practice"}, "practice_only"),
        ({"room": "bilibili:1"}, "other_room"),
        ({"merchant": "m"}, "other_room"),
    ],
)
def test_each_guard_holds_in_choosing_and_at_the_gate(changes: dict[str, object], reason: str) -> None:
    phrase = replace(LIVE, **changes)  # type: ignore[arg-type]
    library = Library([phrase])
    assert eligible(library) == []
    with pytest.raises(PhraseRefused) as caught:
        library.check("any", phrase.digest, 100, False)
    assert (caught.value.reason, caught.value.phrase_id) == (reason, "any")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "approved"},
        {"valid_from_ms": 100},
        {"valid_until_ms": 101},
        {"room": "r"},
        {"merchant": "m"},
    ],
)
def test_what_may_be_said_passes_both(changes: dict[str, object]) -> None:
    phrase = replace(LIVE, **changes)  # type: ignore[arg-type]
    library = Library([phrase])
    assert eligible(library, room="r", merchant="m") == ["any"]
    library.check("any", phrase.digest, 100, False, room="r", merchant="m")


def test_practice_phrases_pass_in_practice_rooms() -> None:
    library = Library([replace(LIVE, signed="practice")])
    assert eligible(library, practice=True) == ["any"]
    library.check("any", LIVE.digest, 100, True)


def test_the_gate_refuses_another_version() -> None:
    edited = Library([replace(LIVE, text="改过的")])
    with pytest.raises(PhraseRefused) as caught:
        edited.check("any", LIVE.digest, 100, False)
    assert caught.value.reason == "digest"


def test_the_gate_refuses_what_it_does_not_know() -> None:
    with pytest.raises(PhraseRefused) as caught:
        Library([]).check("any", LIVE.digest, 100, False)
    assert caught.value.reason == "unknown"


def test_platform_and_language() -> None:
    library = Library([replace(LIVE, platform="twitch"), replace(LIVE, id="b", lang="en")])
    assert eligible(library) == []
    assert eligible(library, platform="twitch") == ["any"]
    assert eligible(library, lang="en") == ["b"]


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(LibraryError, match="any"):
        Library([LIVE, replace(LIVE, text="x")])


def test_as_a_collection() -> None:
    library = Library([LIVE, CLASS])
    assert len(library) == 2
    assert [phrase.id for phrase in library] == ["any", "class"]
    assert "any" in library
    assert library.get("class") is CLASS
    assert library.get("none") is None


def test_its_digest_names_content_and_state() -> None:
    digest = Library([LIVE, CLASS]).digest
    assert Library([CLASS, LIVE]).digest == digest
    assert Library([CLASS]).digest != digest
    assert Library([LIVE, replace(CLASS, state="withdrawn")]).digest != digest
    assert Library([LIVE, replace(CLASS, text="x")]).digest != digest
