"""What is a hit and what is none. Each kind of evasion has a line that must hit and one that must be spared."""

from __future__ import annotations

import dataclasses
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import rulebook
from classifiers.findings import NOTHING
from classifiers.lexicon import Findings, Lexicon
from classifiers.normalize import normalize
from classifiers.plain import plain
from classifiers.verdict import Hit

LEXICON = Lexicon(rulebook.load())


def find(text: str) -> Findings:
    return LEXICON.find(text, normalize(text).text)


def codes(text: str) -> set[str]:
    return {hit.category for hit in find(text).hits}


EVASIONS = [
    ("inserted spaces", "加 薇 信 领券", "D01", "加 点 微 辣"),
    ("inserted symbols", "加~微*信", "D01", "微~辣*加一份"),
    ("homophone", "加威信", "D01", "这家店很有威信"),
    ("homophone with a letter", "加V心拿券", "D01", "加VIP有什么好处"),
    ("picture for a syllable", "薇❤看货", "D01", "爱你❤"),
    ("pinyin", "jia wei xin 拿货", "D01", "zhe ge duo shao qian"),
    ("mixed pinyin", "加wei信", "D01", "wei什么这么贵"),
    ("initials", "有事vx", "D01", "gvxx这是啥"),
    ("split characters", "贝戋人", "U01", "宝贝 戋戋"),
    ("full width", "ＶＸ同号", "D01", "Ｍ码"),
    ("look-alike letters", "加νх", "D01", "χ和у轴"),
    ("traditional", "加個微信", "D01", "這個多少錢"),
    ("digit for a syllable", "4聊我给你便宜", "D01", "4号链接"),
    ("homophone of an absolute term", "全网蕞低价", "A01", "价格最低的那个下架了吗"),
    ("digits spelled out", "扣扣群八九六三", "D01", "扣1抽奖"),
    ("initials", "jwx 拿货", "D01", "jwxx是啥"),
    ("run-on pinyin", "woxiangjiaweixin", "D01", "woxiangxiangan"),
    ("confused pinyin", "quan wan zui di jia", "A01", "quan nian zui da"),
    ("word of two readings", "zui pian yi", "A01", "pian yi dian"),
    ("half in pinyin", "稳zhuan不赔", "A06", "稳ding不掉"),
    ("homophones of all syllables", "问转不陪", "A06", "问一下转账怎么弄"),
    ("Martian variants", "莪们伽溦伩", "D01", "莪们沵们"),
    ("picture of a thing", "加🛰⭐ 拿货", "D01", "🛰⭐模型多少"),
    ("split with a symbol between", "力/口 薇 信", "D01", "巧克力/口味"),
    ("character split in three", "马叉虫货主播", "I03", "马和叉子 虫子"),
    ("stroke between", "加丨薇丨信", "D01", "加丨一丨件"),
    ("digit for its numeral", "跟我1对1夜聊", "I03", "1对1包邮"),
]


@pytest.mark.parametrize(("kind", "hit", "code", "spared"), EVASIONS, ids=[row[0] for row in EVASIONS])
def test_evasion(kind: str, hit: str, code: str, spared: str) -> None:
    assert code in codes(hit), kind
    assert find(spared).hits == (), kind


@pytest.mark.parametrize(
    "text",
    [
        "最后一件了吗", "第一次来", "加一件", "微辣", "不是最低价吧", "这是最便宜的吗", "主播说全网最低价",
        "“全网第一”",
        "是不是国家级的", "怎么加粉丝团", "粉丝群在哪进", "加粉丝群", "女装区怎么进", "支持微信支付吗", "能微信付款吗",
        "卧槽真便宜", "牛逼", "沙雕网友", "骗子", "奸商", "广播体操服有吗", "给他妈妈买", "usb口在哪", "husband能用吗",
        "唯一的缺点是贵", "参加我们的活动", "订单号怎么查", "3.5元一斤", "能治痘痘吗", "不能治疗湿疹", "这能降血压吗？",
        "160 110斤 1388", "宝妈的问题你们看见没", "当妈的都懂",
    ],
)  # fmt: skip
def test_no_hit(text: str) -> None:
    assert find(text).hits == ()


@pytest.mark.parametrize(
    ("text", "code", "span"),
    [
        ("➕V 批发", "D01", "➕V"),
        ("我电话13800001234", "D01", "13800001234"),
        ("我电话13800001234", "U03", "13800001234"),
        ("打 1 3 8 0 0 0 0 1 2 3 4", "D01", "1 3 8 0 0 0 0 1 2 3 4"),
        ("幺三八零零零零一二三四", "D01", "幺三八零零零零一二三四"),
        ("看www.example.com/a", "D01", "www.example.com/a"),
        ("微信abc_12345领券", "D01", "微信abc_12345"),
        ("绕开平台便宜二十", "D01", "绕开平台"),
        ("真他妈香", "U01", "他妈"),
        ("s b 主播", "U01", "s b"),
        ("刷 单 吗", "D02", "刷 单"),
        ("招兼职", "D02", "招兼职"),
        ("来我直播间 便宜", "S01", "来我直播间"),
        ("五星好评返现", "S02", "五星好评返现"),
        ("我是平台客服", "X01", "我是平台客服"),
        ("约 p 吗", "I03", "约 p"),
        ("澳门在线发牌", "I04", "澳门在线发牌"),
        ("我13岁", "U04", "我13岁"),
        ("外地人就是抠", "U02", "外地人就是抠"),
        ("抽奖都是内定的", "L01", "内定"),
        ("不错 全网最低价", "A01", "全网最低价"),
        ("这手串治失眠", "M01", "治失眠"),
        ("吃了降血糖", "M04", "降血糖"),
        ("开过光的", "A08", "开过光"),
    ],
)
def test_hit_with_its_span(text: str, code: str, span: str) -> None:
    found = [hit.text for hit in find(text).hits if hit.category == code]
    assert found == [span]


def test_a_hit_tells_place_reading_and_rule() -> None:
    assert find("想要的加薇❤").hits == (Hit("D01", 3, 6, "加薇❤", "加微信", "D01-0001"),)


def test_disguised_harmless_lines_stay_harmless() -> None:
    for text in HARMLESS:
        assert find(text).hits == (), text


HARMLESS = [
    "zhe ge duo shao qian", "zhegeduoshaoqian", "女 装 好 看", "保 湿", "今 日 结 束", "xian huo ma",
    "bao you ma", "多 少 钱", "chi ma tai da le", "这个duo少钱", "女/装/区", "mai yi song yi", "質量怎麼樣",
    "泍店沵恏", "hao kan", "xi an 发吗", "加❤", "爱你❤❤", "❤微笑", "禾口 和", "日月", "宝 宝 能 用 吗",
    "jian cha", "检 查", "shi fu hao", "wo yao liang jian", "kuai di dao le ma", "xie xie lao ban",
    "gan xing pi fu", "bu sheng shou", "l码", "xxl有吗", "ok啦", "vip价", "no way", "banana味", "hello 主播",
    "iphone能用吗", "usb充电", "8折", "4号", "520礼物", "买1送1", "13号发", "0糖0脂",
]  # fmt: skip


def test_many_at_once_give_the_same_as_one_by_one() -> None:
    from classifiers import labelled

    texts = [row.text for path in labelled.files([labelled.SHIPPED]) for row in labelled.read(path)][::3]
    texts += ["", "\0", "加\0微信", "\ud800", *HARMLESS, *(row[1] for row in EVASIONS)]
    normals = plain(texts).normals
    together = LEXICON.find_all(texts, normals)
    assert together == [LEXICON.find(text, normal) for text, normal in zip(texts, normals, strict=True)]
    assert sum(found is NOTHING for found in together) > 0.8 * len(texts)
    assert LEXICON.find_all([], []) == []


PIECES = [
    "加", "薇", "❤", " ", "wei", "xin", "jia", "弓", "虽", "最", "低", "价", "4", "1", "3", "8", "\0", "\ud800", "🛰",
    "氵", "去", "贝", "戋", "人", "退款", "过敏", "www.a.com", "？", "吗", "不是", "jwx", "qq", "号",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=20)),
        min_size=1,
        max_size=8,
    )
)
def test_any_texts_together_and_alone(texts: list[str]) -> None:
    normals = plain(texts).normals
    found = LEXICON.find_all(texts, normals)
    assert found == [LEXICON.find(text, normal) for text, normal in zip(texts, normals, strict=True)]
    for text, findings in zip(texts, found, strict=True):
        for hit in findings.hits:
            assert 0 <= hit.start < hit.end <= len(text)
            assert hit.text == text[hit.start : hit.end]


@pytest.mark.parametrize(
    "piece", ["加微信", "❤薇", "jia wei xin ", "力口", "全网最低价", "家为心", "1", "sb "]
)
def test_a_flood_costs_no_more_than_its_length(piece: str) -> None:
    short, long = (piece * (size // len(piece)) for size in (200, 2000))
    spent = []
    for text in (short, long):
        normal = normalize(text).text
        started = time.perf_counter()
        LEXICON.find(text, normal)
        spent.append(time.perf_counter() - started)
    assert spent[1] < 0.5 + 40 * spent[0]


def test_a_trace_ends_in_what_find_gives() -> None:
    for text in ("加薇❤ 全网最低价", "多少钱", "力口微信", "微信支付不行就jia wei xin"):
        trace = LEXICON.trace(text)
        assert trace.findings == find(text)
        assert {t.hit for t in trace.trials if not t.fate} == set(trace.findings.hits)


def test_a_rule_bound_to_goods_is_silent_beside_others() -> None:
    book = rulebook.load()
    bound = tuple(
        dataclasses.replace(t, products=frozenset({"food"})) for t in book.terms if t.term == "最好吃"
    )
    lexicon = Lexicon(dataclasses.replace(book, terms=bound, patterns=()))
    text = "它最好吃"
    for product, count in ((None, 1), ("food", 1), ("cosmetic", 0)):
        assert len(lexicon.find(text, text, product).hits) == count
        assert len(lexicon.find_all([text], [text], product)[0].hits) == count


def test_longest_harmless_wording_wins_but_only_inside() -> None:
    assert find("微信支付").hits == ()
    assert codes("微信支付不行就加微信") == {"D01"}


def test_hits_of_one_code_do_not_overlap() -> None:
    hits = [hit for hit in find("全网最低价最便宜 加微信群").hits]
    for code in {hit.category for hit in hits}:
        spans = sorted((hit.start, hit.end) for hit in hits if hit.category == code)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_health_and_rights_wording() -> None:
    assert find("用完烂脸了").health
    assert find("再不退款就12315").rights
    assert not find("多少钱").health
    assert not find("多少钱").rights


WIDER = {
    "A01-0410", "A02-0404", "A05-0401", "A07-0410", "A08-0402", "D01-0406", "D01-0430", "D02-0410", "D02-0420",
    "I01-0420", "I03-0420", "I04-0430", "I05-0401", "L01-0402", "M01-0405", "S01-0420", "U04-0410",
}  # fmt: skip
"""Shapes known to reach a little further than their anchors, in 21 of 133,000 lines; no further one may."""


def test_an_anchor_never_hides_a_shape() -> None:
    """Each pattern's anchors occur in whatever it matches: without the anchors the labelled data gives the same.

    Looked at: every line with banned words, every held-out one, and every tenth of the rest.
    """
    from classifiers import labelled

    anchored = [
        pattern for pattern in LEXICON.book.patterns if pattern.anchors and not WIDER & {*pattern.rules}
    ]
    rows = [row for path in labelled.files([labelled.SHIPPED]) for row in labelled.read(path)]
    some = [row for n, row in enumerate(rows) if row.banned or row.batch in labelled.HELD_OUT or n % 10 == 0]
    for text in (row.text for row in some):
        plain = normalize(text).text
        for pattern in anchored:
            if not any(anchor in plain for anchor in pattern.anchors):
                assert not pattern.matches(text, plain), (text, pattern.rules)
