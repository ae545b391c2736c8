"""What makes a candidate fall: each reason with a line that falls by it, and one beside it that stands."""

from __future__ import annotations

import pytest

from classifiers.candidate import FATES
from classifiers.lexicon import Lexicon
from classifiers.rule import Code, RuleBook, Term

CODE = Code("D01", 1, "引流", "", 3, "hide", "block", frozenset({"warned"}), (), "", "", ("viewer",), "", "")


def term(number: int, word: str, readings: str = "", *forms: str, spare: tuple[str, ...] = ()) -> Term:
    return Term(f"D01-{number:04d}", word, (word, *forms), frozenset(readings), spare)


BOOK = RuleBook(
    "1", {"D01": CODE},
    (term(1, "加微信", "HI"), term(2, "私聊", "P"), term(3, "日结"), term(4, "开光", "B"), term(5, "全网最低", "H"),
     term(6, "sb"), term(7, "一对一", "H"), term(8, "百家乐", "H", spare=("摆嘉乐", "百家乐")),
     term(9, "卖货源", spare=("卖货源码",)),
     term(10, "最便宜", "H"), term(11, "wx"), term(12, "咔啦食", "H")),
    (), (), (), (),
)  # fmt: skip
LEXICON = Lexicon(BOOK)


def fates(text: str, word: str) -> set[str]:
    return {trial.fate for trial in LEXICON.trace(text).trials if trial.hit.reading == word}


@pytest.mark.parametrize(
    ("text", "word", "why"),
    [
        ("husbsb", "sb", "goes_on"),
        ("s b 滚", "sb", ""),
        ("150wx3有货", "wx", "goes_on"),
        ("wx3有货", "wx", ""),
        ("今日结束", "日结", "word"),
        ("今 日 结 束", "日结", "word"),
        ("招人 日结 来", "日结", ""),
        ("好日，结账了", "日结", "clauses"),
        ("招人 日.结 来", "日结", ""),
        ("把灯打开光线好", "开光", "word"),
        ("打开 光 线", "开光", "word"),
        ("寺里开光的", "开光", ""),
        ("大家为心", "加微信", "word"),
        ("加威心", "加微信", ""),
        ("加 伟 信", "加微信", ""),
        ("jia wei xin", "加微信", ""),
        ("woxiangjiaweixin", "加微信", ""),
        ("加wei心", "加微信", ""),
        ("jia wei xing", "加微信", ""),
        ("jia wei shen", "加微信", None),
        ("ja wei xing", "加微信", None),
        ("jwx 找我", "加微信", ""),
        ("ajwx 找我", "加微信", "goes_on"),
        ("si liao", "私聊", ""),
        ("私liao", "私聊", ""),
        ("shi liao", "私聊", "confusion"),
        ("斯liao", "私聊", "letters"),
        ("饲料", "私聊", None),
        ("quan wan zui di", "全网最低", ""),
        ("quan wan zhui di", "全网最低", "confusion"),
        ("1对1", "一对一", ""),
        ("1对12", "一对一", "goes_on"),
        ("百家了", "百家乐", "ordinary"),
        ("摆嘉乐", "百家乐", "spared"),
        ("摆佳乐", "百家乐", ""),
        ("摆假乐", "百家乐", ""),
        ("百加了", "百家乐", ""),
        ("拳王罪狄", "全网最低", ""),
        ("权忘最低", "全网最低", ""),
        ("权万最低", "全网最低", ""),
        ("卡拉是", "咔啦食", "ordinary"),
        ("卖货源码多少", "卖货源", "spared"),
        ("别卖货源", "卖货源", "excused"),
        ("zui pian yi", "最便宜", ""),
        ("最骗疑", "最便宜", ""),
    ],
)
def test_fate(text: str, word: str, why: str | None) -> None:
    found = fates(text, word)
    assert found == (set() if why is None else {why})
    assert found <= FATES.keys()


def test_a_joined_character_must_not_be_torn_out_of_a_word() -> None:
    book = RuleBook("1", {"D01": CODE}, (term(1, "加微"),), (), (), (), ())
    lexicon = Lexicon(book)
    assert [trial.fate for trial in lexicon.trace("力口微").trials] == [""]
    assert [trial.fate for trial in lexicon.trace("巧克力口微辣").trials] == ["torn"]
