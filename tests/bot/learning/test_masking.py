"""Personal data goes, character for character; what the rule book knew it by stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.learning.masking import mask
from classifiers import rulebook
from classifiers.lexicon import Lexicon
from classifiers.normalize import normalize

LEXICON = Lexicon(rulebook.load())


def masked(text: str) -> str:
    hits = LEXICON.find(text, normalize(text).text).hits
    return mask(text, [(hit.category, hit.start, hit.end) for hit in hits])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我电话13912345678快打", "我电话13000000000快打"),
        ("139 1234 5678", "130 0000 0000"),
        ("加微信 abc123 便宜一半", "加微信 xxx000 便宜一半"),
        ("vxabc123456", "vxxxx000000"),
        ("加薇信 xiaomeiya 发你", "加薇信 xxxxxxxxx 发你"),
        ("扣扣群123456", "扣扣群120000"),
        ("一三九一二三四五六七八", "一三零零零零零零零零零"),
        ("@小王同学 这件多少钱", "@某某某某 这件多少钱"),
        ("发我邮箱 li.lei@example.com", "发我邮箱 xxxxxx@example.com"),
        ("快递sf1234567890123到哪了", "快递sf0000000000000到哪了"),
    ],
)
def test_what_goes_and_what_stays(text: str, wanted: str) -> None:
    assert masked(text) == wanted


@pytest.mark.parametrize(
    "text", ["66666666", "iphone15pro max 有吗", "3号链接 170 120斤", "jiaweixin", "来了来了"]
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert masked(text) == text


def test_an_address_loses_its_names() -> None:
    text = "地址幸福路12号楼3单元王先生"
    out = mask(text, [("U03", 0, len(text))])
    assert out == "地址某某路12号楼3单元某先生"


def test_the_rules_still_find_what_they_found() -> None:
    for text in ("我电话13912345678快打", "微信号abc12345 找我"):
        before, after = (LEXICON.find(one, normalize(one).text).hits for one in (text, masked(text)))
        assert {hit.category for hit in before} == {hit.category for hit in after} >= {"D01"}


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_the_length_never_changes(text: str, start: int, end: int) -> None:
    out = mask(text, [("D01", start, end), ("U03", min(start, len(text)), end)])
    assert len(out) == len(text)
