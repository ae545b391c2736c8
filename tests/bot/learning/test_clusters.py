"""Unanswered questions merged by meaning."""

from __future__ import annotations

import random
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.learning.clusters import ALIKE, EXAMPLES, Cluster, Question, _nearest, _pairs, clusters, meat


def ask(
    words: str, viewer: str = "u1", *, at: int = 0, intent: str | None = None, product: str | None = None,
    reason: str = "unsure", buying: bool = False,
) -> Question:  # fmt: skip
    return Question(words, words, viewer, at, reason, intent, product, buying)


def test_known_questions_merge_by_question_and_product() -> None:
    found = clusters([
        ask("多少钱", "a", intent="price", product="P1", reason="no_phrase", buying=True),
        ask("什么价", "b", at=5, intent="price", product="P1", reason="stale_fact"),
        ask("什么价", "b", at=9, intent="price", product="P1", reason="no_phrase"),
        ask("2号什么价", "c", intent="price", product="P2"),
        ask("有货吗", "d", intent="stock"),
    ])  # fmt: skip
    assert found[0] == Cluster(
        "price", "P1", ("什么价", "多少钱"), 3, 2, 1, 0, 9, {"no_phrase": 2, "stale_fact": 1}
    )
    assert {(one.intent, one.product, one.count) for one in found[1:]} == {
        ("price", "P2", 1),
        ("stock", None, 1),
    }


def test_others_merge_when_they_read_nearly_the_same() -> None:
    found = clusters([
        ask("能配明年那台新的吗", "a"), ask("主播这个能配明年那台新的吗", "b"), ask("请问能配明年那台新的吗", "c"),
        ask("能不能配明年那台新的", "d"), ask("你们招不招人", "e"), ask("客服你们这招不招人啊", "f"),
        ask("狗能吃吗", "g"),
    ])  # fmt: skip
    assert [(one.examples[0], one.count) for one in found] == [
        ("能配明年那台新的吗", 4), ("你们招不招人", 2), ("狗能吃吗", 1),
    ]  # fmt: skip


def test_a_question_that_only_looks_alike_stays_apart() -> None:
    found = clusters(
        [ask("狗能吃吗", "a"), ask("猫能吃吗", "b"), ask("狗", "c"), ask("。。。", "d"), ask("", "e")]
    )
    assert len(found) == 5


def test_the_commonest_wordings_are_the_examples_and_no_more_than_some() -> None:
    words = [f"这个能配明年那台新的{end}" for end in "吗么不呢吧啊呀"]
    found = clusters([ask(one, f"u{n}") for n, one in enumerate([*words, words[3], words[3], words[5]])])
    assert len(found) == 1
    assert found[0].examples[:2] == (words[3], words[5])
    assert len(found[0].examples) == EXAMPLES


def test_order_and_limit() -> None:
    asked = [ask(f"问题{chr(0x4E00 + n)}{chr(0x5E00 + n)}", f"u{n}", at=n) for n in range(30)]
    found = clusters(asked, most=5)
    assert [one.last_ms for one in found] == [29, 28, 27, 26, 25]
    shuffled = asked[:]
    random.Random(3).shuffle(shuffled)
    assert clusters(shuffled, most=5) == found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("甲乙丙丁吗", max_size=7), max_size=25))
def test_nothing_is_lost_and_all_that_is_alike_is_found(texts: list[str]) -> None:
    """Against every pair compared: no two groups' names may be alike, for then one would have joined the other."""
    found = clusters([ask(one) for one in texts], most=1_000)
    assert sum(one.count for one in found) == len(texts)
    shortest = {one: _pairs(meat(one)) for group in found for one in group.examples}
    whole = [group for group in found if len(group.examples) == 1]
    for one, other in combinations(whole, 2):
        a, b = shortest[one.examples[0]], shortest[other.examples[0]]
        if a and b:
            assert len(a & b) / len(a | b) < ALIKE


def test_the_nearest_wins() -> None:
    others = [(word, _pairs(word)) for word in ("甲乙丙丁", "甲乙丙丁戊", "子丑")]
    assert _nearest(_pairs("甲乙丙丁戊"), others) == "甲乙丙丁戊"
    assert _nearest(_pairs("寅卯"), others) is None


def test_five_thousand_find_their_clusters() -> None:
    chance = random.Random(7)
    stems = [
        "".join(chr(0x4E00 + chance.randrange(400)) for _ in range(chance.randint(4, 12))) for _ in range(900)
    ]
    asked = []
    for n in range(5_000):
        words = list(chance.choice(stems))
        words[chance.randrange(len(words))] = chr(0x4E00 + chance.randrange(400))
        asked.append(ask("".join(words) + chance.choice(["吗", "", "呀", "有没有"]), f"u{n % 700}", at=n))
    found = clusters(asked, most=10_000)
    assert sum(one.count for one in found) == 5_000
    assert 900 <= len(found) < 5_000, "some of them are near duplicates"
