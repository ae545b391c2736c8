from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console.rendering import Json, clock, environment, harmless, masked, pieces, span
from bot.console.views import Mark

ANY_TEXT = st.text(st.characters(), max_size=60)


@given(ANY_TEXT, st.lists(st.tuples(st.integers(-5, 80), st.integers(-5, 80)), max_size=6))
@settings(max_examples=150)
def test_pieces_lose_and_double_nothing(text: str, spans: list[tuple[int, int]]) -> None:
    cut = pieces(text, [Mark("U01", start, end) for start, end in spans])
    assert "".join(piece for piece, _ in cut) == text
    for start, end in spans:
        if 0 <= start < end <= len(text):
            covered = "".join(
                piece for piece, marks in cut if any((m.start, m.end) == (start, end) for m in marks)
            )
            assert covered == text[start:end]


@given(ANY_TEXT)
@settings(max_examples=150)
def test_a_page_can_always_be_written_and_holds_no_markup(text: str) -> None:
    page = environment().from_string("<p>{{ text }}</p>").render(text=text)
    page.encode("utf-8")
    inside = page[3:-4]
    assert "<" not in inside
    assert ">" not in inside
    assert "\x1b" not in inside
    Json({"text": text}).body.decode("ascii")


def test_harmless_shows_what_it_takes_away() -> None:
    assert (
        harmless("a\x1b[31m\x00b\u202ec\ud800\n")
        == "a␛[31m␀b\N{REPLACEMENT CHARACTER}c\N{REPLACEMENT CHARACTER}\n"
    )


def test_times() -> None:
    assert clock(1_790_000_000_000) == "22:13:20"
    assert clock(None) == "–"
    assert clock(10**30) == "–"
    assert span(61_000) == "1:01"
    assert span(-3_661_000) == "-1:01:01"
    assert span(None) == "–"
    assert masked("橘子汽水") == "橘**"
    assert masked("") == "**"
