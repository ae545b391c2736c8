"""A spelling costs itself and one pattern more, two where it is read in two ways; a large book is ready soon."""

from __future__ import annotations

import csv
import random
import shutil
import time
from pathlib import Path

from classifiers import rulebook
from classifiers.lexicon import Lexicon
from classifiers.normalize import syllable_table
from classifiers.plain import plain
from classifiers.rule import RuleBook, Term
from classifiers.vocabulary import HEARD, INITIALS, SPELLED, SPELT, Vocabulary


def _terms(*words: tuple[str, str]) -> Vocabulary:
    terms = tuple(Term(f"D01-{n:04d}", word, (word,), frozenset(r), ()) for n, (word, r) in enumerate(words))
    return Vocabulary(RuleBook("", {}, terms, (), (), (), ()))


def _flags(vocabulary: Vocabulary) -> list[int]:
    wanted = SPELLED | INITIALS | HEARD | SPELT
    return sorted(flag & wanted for flag in vocabulary.flags if flag & wanted)


def test_what_a_term_costs() -> None:
    assert _flags(_terms(("加我微信领优惠券", ""))) == [SPELLED]
    assert _flags(_terms(("加我微信领优惠券", "H"))) == [SPELLED, HEARD]
    assert _flags(_terms(("加我微信领优惠券", "HPI"))) == [SPELLED, INITIALS, HEARD]
    assert _flags(_terms(("加我微信领优惠券", "P"))) == [SPELLED, SPELT]
    assert _flags(_terms(("最便宜的", "H"))) == [SPELLED, HEARD, HEARD]
    assert _flags(_terms(("vx", "H"))) == [SPELLED]
    assert _flags(_terms(("操", "HI"))) == [SPELLED]


def test_terms_that_sound_alike_share_a_pattern() -> None:
    vocabulary = _terms(("加威信", "H"), ("加微信", "H"))
    assert _flags(vocabulary) == [SPELLED, SPELLED, HEARD]


def test_sixty_thousand_terms_are_ready_soon_and_cost_a_comment_no_more(tmp_path: Path) -> None:
    """Ready in under 2 s where nothing else runs; the test allows a crowded machine five times that."""
    folder = Path(shutil.copytree(rulebook.SHIPPED, tmp_path / "book"))
    chars = [chr(number) for number in syllable_table() if 0x4E00 <= number < 0x7000]
    draw = random.Random(5)
    with (folder / "terms.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rulebook.COLUMNS)
        for number in range(60_000):
            word = "".join(draw.choices(chars, k=4))
            writer.writerow(
                [f"U01-{number:05d}", word, "", "H" if number % 2 else "", "", "", f"看{word}", word[::2]]
            )
    started = time.perf_counter()
    lexicon = Lexicon(rulebook.load(folder))
    assert time.perf_counter() - started < 10
    texts = ["这个多少钱", "家人们抢到了没", "第二个颜色好看"] * 300
    normals = plain(texts).normals
    small = Lexicon(rulebook.load())

    def spent(book: Lexicon) -> float:
        times = []
        for _ in range(5):
            started = time.perf_counter()
            book.find_all(texts, normals)
            times.append(time.perf_counter() - started)
        return min(times)

    assert spent(lexicon) < 3 * spent(small) + 0.005
