"""The whole judgement: total, deterministic, lean to import, and right on plain cases."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.cascade import LONGEST, Cascade
from classifiers.own import OwnQuestion
from classifiers.rule import RuleBook
from classifiers.verdict import INTENTS, KINDS

CASCADE = Cascade.load()
ANY = st.text(
    st.one_of(st.characters(), st.sampled_from("加薇❤多少钱？哈\ud800\udfffvx138<>&=\0")), max_size=80
)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("多少钱", "price"), ("有优惠券吗", "discount"), ("几号链接", "link"), ("160 110斤穿什么码", "size"),
        ("什么时候发货", "shipping_time"), ("包邮吗", "shipping_fee"), ("发什么快递", "courier"),
        ("是正品吗", "authenticity"),
        ("保质期多久", "shelf_life"), ("能退吗", "returns"), ("怎么抽奖", "draw"), ("怎么加粉丝团", "membership"),
    ],
)  # fmt: skip
def test_plain_questions(text: str, intent: str) -> None:
    faq = CASCADE.judge([text])[0].faq
    assert faq is not None
    assert faq.intent == intent


@pytest.mark.parametrize(
    "text", ["666", "来了来了", "？？？", "+1", "哈哈哈哈", "主播好美", "晚上好", "", "\ud800", "😂😂"]
)
def test_chatter_is_left_alone(text: str) -> None:
    verdict = CASCADE.judge([text])[0]
    assert verdict.faq is None
    assert verdict.purchase.level == 0
    assert verdict.negative.kind is None
    assert verdict.banned == ()


def test_buying_and_anger() -> None:
    bought, asked, angry = CASCADE.judge(["已下单", "多少钱", "骗子 假货"])
    assert bought.purchase.level == 3
    assert asked.purchase.level == 1
    assert angry.negative.kind == "deception"
    assert angry.negative.severity >= 1


def test_harmless_pinyin_and_womens_wear_are_no_hits() -> None:
    assert [v.banned for v in CASCADE.judge(["zhe ge duo shao qian", "女装在哪", "女装尺码"])] == [(), (), ()]


def test_only_the_first_code_points_count() -> None:
    long = "好" * LONGEST + "加微信"
    verdict = CASCADE.judge([long])[0]
    assert verdict.banned == ()
    assert CASCADE.judge([long[3:]])[0].banned[0].start == LONGEST - 3


def test_batches_threads_and_repeats_agree() -> None:
    texts = ["多少钱", "加薇❤", "质量太差", "拍了", "?", "全网最低价"] * 20
    alone = [CASCADE.judge([text])[0] for text in texts]
    assert CASCADE.judge(texts) == alone
    with ThreadPoolExecutor(4) as pool:
        assert all(result == alone for result in pool.map(CASCADE.judge, [texts] * 8))
    assert Cascade.load().judge(texts) == alone


@settings(max_examples=150, deadline=None)
@given(ANY)
def test_total_on_any_text(text: str) -> None:
    verdict = CASCADE.judge([text])[0]
    assert verdict.faq is None or verdict.faq.intent in INTENTS
    assert 0 <= verdict.purchase.score <= 1
    assert verdict.negative.kind is None or verdict.negative.kind in KINDS
    assert (verdict.negative.severity > 0) == (verdict.negative.kind is not None)
    for hit in verdict.banned:
        assert 0 <= hit.start < hit.end <= len(text)
        assert text[hit.start : hit.end] == hit.text


def test_import_brings_in_neither_sklearn_nor_jieba() -> None:
    unwanted = "('sklearn', 'scipy', 'jieba', 'asyncio')"
    program = f"import sys, classifiers.cascade; print(*(n for n in {unwanted} if n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""


def test_another_rule_book_leaves_own_questions_in_place() -> None:
    asked = OwnQuestion("pressed", ("可以刻字吗", "能刻名字不", "刻字要加钱不"))
    before = Cascade(CASCADE.model, CASCADE.lexicon.book, [asked])
    after = before.with_book(RuleBook("empty", {}, (), (), (), (), ()))
    for one in (before, after):
        faq = one.judge(["能刻字吗"])[0].faq
        assert faq is not None
        assert faq.intent == "own:pressed"
    assert before.judge(["加微信领货"])[0].banned
    assert after.judge(["加微信领货"])[0].banned == ()
    assert after.versions.rulebook == "empty"


def test_own_questions_can_be_changed_and_say_so_in_the_version() -> None:
    press = OwnQuestion("pressed", ("这个要熨吗", "衣服要熨烫吗", "要不要熨"))
    own = CASCADE.with_own([press])
    found = own.judge(["这个衣服要熨吗"])[0]
    assert found.faq is not None
    assert found.faq.intent == "own:pressed"
    assert found.versions.model.startswith(f"{CASCADE.versions.model}+own-")
    assert own.with_own([press]).versions == own.versions
    assert own.with_own([OwnQuestion("other", press.asks)]).versions != own.versions
    assert own.with_own([]).versions == CASCADE.versions
    faq = own.with_own([]).judge(["这个衣服要熨吗"])[0].faq
    assert faq is None or faq.intent != "own:pressed"
    assert own.with_book(CASCADE.lexicon.book).versions == own.versions
    with pytest.raises(ValueError, match="different sample asks"):
        CASCADE.with_own([OwnQuestion("few", ("一", "一", "一"))])
