"""What is known of words beforehand: cues, polarity, negation, and the version that names them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers import lore
from classifiers.normalize import normalize
from classifiers.plain import BORDER, gram

CUES = '[never_asked]\nwhole = ["抽我"]\n[cues]\nprice = ["多少", "多少", "钱吗", "一共多少钱"]\n'
POLARITY = "# words\n## pos quality 2\n好 特别好 好\n## neg service\n拖 不好\n## neu\n一般\n"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "cues.toml").write_text(CUES, encoding="utf-8")
    (tmp_path / "polarity.txt").write_text(POLARITY, encoding="utf-8")
    monkeypatch.setattr(lore, "_DATA", tmp_path)
    lore.never_asked.cache_clear()
    yield tmp_path
    lore.never_asked.cache_clear()


def test_cues_count_anywhere_and_at_the_end(own: Path) -> None:
    senses = lore.senses()
    assert senses["price"] == {gram("多少"): 1.0, gram("钱吗"): 1.0}
    assert senses["end_price"] == {gram("多少" + chr(BORDER)): 1.0, gram("钱吗" + chr(BORDER)): 1.0}


def test_polarity_by_side_and_aspect_with_its_strength(own: Path) -> None:
    senses = lore.senses()
    assert senses["pos"][gram("好")] == 1.0
    assert senses["pos_quality"][gram("特别好")] == 1.0
    assert senses["neg"][gram("拖")] == 0.5
    assert senses["neg_service"][gram("拖")] == 0.5
    assert senses["neu_general"] == senses["neu"] == {gram("一般"): 0.5}


def test_negation_turns_a_word_over_unless_the_list_says_otherwise(own: Path) -> None:
    senses = lore.senses()
    assert senses["pos"][gram("没有好")] == -1.0
    assert senses["pos_negated"][gram("不太好")] == 1.0
    assert senses["neg"][gram("没拖")] == -0.5
    assert gram("不好") not in senses["pos"]
    assert senses["neg"][gram("不好")] == 0.5
    assert "neu_negated" not in senses
    assert gram("不一般") not in senses["neu"]
    assert gram("没有特别好") not in senses["pos"], "five characters are no gram"


def test_a_word_under_two_headings_counts_under_the_first(own: Path) -> None:
    (own / "polarity.txt").write_text("## pos\n绝了\n## neg\n绝了 差\n", encoding="utf-8")
    assert gram("绝了") not in lore.senses()["neg"]


def test_words_are_listed_as_comments_are_read(own: Path) -> None:
    (own / "polarity.txt").write_text("## neg\n垃！圾 ＬＯＷ\n", encoding="utf-8")
    assert {gram("垃圾"), gram("low")} <= set(lore.senses()["neg"])


def test_equal_files_give_equal_senses_in_equal_order(own: Path) -> None:
    first, second = lore.senses(), lore.senses()
    assert [(name, list(words.items())) for name, words in first.items()] == [
        (name, list(words.items())) for name, words in second.items()
    ]


def test_the_version_follows_the_words_but_not_the_line_ends(own: Path) -> None:
    before = lore._version()
    path = own / "polarity.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert lore._version() == before
    path.write_text(POLARITY + "糊\n", encoding="utf-8")
    changed = lore._version()
    assert changed != before
    (own / "cues.toml").write_text(CUES + 'link = ["链接"]\n', encoding="utf-8")
    assert lore._version() not in (before, changed)


def test_never_asked_is_read_from_the_cues(own: Path) -> None:
    assert lore.never_asked() == {"抽我"}


def test_shipped_words_are_normal_and_strengths_within_bounds() -> None:
    assert [text for text in lore.never_asked() if normalize(text).text not in lore.never_asked()] == []
    senses = lore.senses()
    assert {"pos", "neg", "pos_negated", "neg_negated"} <= set(senses)
    strengths = {strength for words in senses.values() for strength in words.values()}
    assert min(strengths) >= -1.0
    assert max(strengths) <= 1.5
    assert senses["neg"][gram("骗子")] > 0
    assert senses["pos"][gram("好看")] > 0
    turned = gram("不好看")
    assert senses["neg"].get(turned, 0.0) > senses["pos"].get(turned, 0.0)


def test_shipped_polarity_headings_are_all_understood() -> None:
    """A heading that is not understood would file its words under the one before it."""
    lines = (Path(lore.__file__).parent / "data" / "polarity.txt").read_text(encoding="utf-8").split("\n")
    headings = [line for line in lines if line.startswith("##")]
    assert headings
    assert [line for line in headings if not lore._HEADING.fullmatch(line.strip())] == []


def test_a_missing_file_is_no_silent_gap(own: Path) -> None:
    shutil.move(own / "polarity.txt", own / "elsewhere.txt")
    with pytest.raises(OSError, match=r"polarity\.txt"):
        lore.senses()
