"""What the preflight asks of each kind of contest: that viewers are told exactly how to enter, and that the right
answer, the waves and the range are such as can be judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from .answers import MOST_ANSWERS
from .kinds import KINDS, LONGEST_QUESTION, MOST_DECIMALS, MOST_OPTIONS, MOST_WAVES
from .law import Problem, problem
from .sheet import EQUAL, FIELDS_OF, RuleSheet, WaveSheet
from .spoken import LONGEST_KEYWORD, OUT_OF_RANGE, normalise_answer, read_number, visible

SHORTEST_WAVE_S = 5
_MOST_VALUE = 99_999_999_999  # nine digits and two after the point
_EMPTY = {one.name: one.default for one in fields(RuleSheet)} | {"keyword": ""}


def contest_problems(sheet: RuleSheet) -> list[Problem]:
    """All findings about the contest of a sheet."""
    if sheet.kind not in KINDS:
        return [_unclear("kind", "kind", "参与方式种类不明", "the kind of contest is unknown")]
    found = [
        Problem(
            name,
            "not_of_kind",
            "该参与方式没有这一项，请留空",
            f"a {sheet.kind} has no {name}; leave it empty",
        )
        for name in sorted(
            {name for names in FIELDS_OF.values() for name in names} - {*FIELDS_OF[sheet.kind]}
        )
        if getattr(sheet, name) != _EMPTY[name]
    ]
    return [*found, *_CHECKS[sheet.kind](sheet)]


def _unclear(field: str, code: str, zh: str, en: str) -> Problem:
    return problem("complete", field, code, zh, en)


def _word_problem(field: str, code: str, text: str, zh: str, en: str) -> list[Problem]:
    if visible(text) is not None:
        return []
    told = (
        f"{zh}须为 1–{LONGEST_KEYWORD} 个可见字符",
        f"the {en} needs 1 to {LONGEST_KEYWORD} visible characters",
    )
    return [_unclear(field, code, *told)]


def _keyword(sheet: RuleSheet) -> list[Problem]:
    return _word_problem("keyword", "keyword", sheet.keyword, "口令", "keyword")


def _question(sheet: RuleSheet) -> list[Problem]:
    if visible(sheet.question, LONGEST_QUESTION) is not None:
        return []
    en = f"the question needs 1 to {LONGEST_QUESTION} visible characters"
    return [_unclear("question", "question", f"题目须为 1–{LONGEST_QUESTION} 个可见字符", en)]


def _quiz(sheet: RuleSheet) -> list[Problem]:
    found = _question(sheet)
    if sheet.options and sheet.prefix:
        en = "give options or a prefix, not both"
        found.append(_unclear("prefix", "prefix", "选项与答题前缀只能填一种", en))
    elif sheet.options:
        found += _option_problems(sheet)
    else:
        found += _word_problem("prefix", "prefix", sheet.prefix, "答题前缀", "prefix of an answer")
    answers = [visible(answer) for answer in sheet.answers]
    if not 1 <= len(answers) <= MOST_ANSWERS or None in answers:
        en = f"there must be 1 to {MOST_ANSWERS} right answers of visible characters"
        found.append(_unclear("answers", "answers", f"正确答案须为 1–{MOST_ANSWERS} 个可见文字", en))
    return found


def _option_problems(sheet: RuleSheet) -> list[Problem]:
    options = [normalise_answer(option) for option in sheet.options if visible(option) is not None]
    right = {normalise_answer(answer) for answer in sheet.answers if visible(answer) is not None}
    found = []
    if not 2 <= len(sheet.options) <= MOST_OPTIONS or len(set(options)) != len(sheet.options):
        en = f"there must be 2 to {MOST_OPTIONS} different options of 1 to {LONGEST_KEYWORD} visible characters"
        zh = f"选项须为 2–{MOST_OPTIONS} 个互不相同的可见文字（每个不超过 {LONGEST_KEYWORD} 字）"
        found.append(_unclear("options", "options", zh, en))
    elif right and not right < set(options):
        en = "the right answers must be among the options, and not be all of them"
        found.append(_unclear("answers", "answers", "正确答案须在选项之中，且不能是全部选项", en))
    return found


def _guess(sheet: RuleSheet) -> list[Problem]:
    found = [*_question(sheet), *_equal(sheet)]
    if sheet.prefix:
        found += _word_problem("prefix", "prefix", sheet.prefix, "竞猜前缀", "prefix of a guess")
    if not 0 <= sheet.decimals <= MOST_DECIMALS:
        en = f"there may be 0 to {MOST_DECIMALS} digits after the point"
        return [*found, _unclear("decimals", "decimals", f"小数位数须为 0–{MOST_DECIMALS}", en)]
    if not 0 <= sheet.least < sheet.most <= _MOST_VALUE:
        en = "the least number must be below the most"
        found.append(_unclear("least", "range", "最小值须小于最大值，且不为负", en))
    number = read_number(sheet.answers[0], "", sheet.decimals) if len(sheet.answers) == 1 else None
    if number is None or number == OUT_OF_RANGE or not sheet.least <= number <= sheet.most:
        en = "there must be one right answer: a number in the range, with so many decimals"
        found.append(_unclear("answers", "answers", "正确答案须为一个在范围内、小数位数相符的数", en))
    return found


def _equal(sheet: RuleSheet) -> list[Problem]:
    if sheet.weight_rule == EQUAL:
        return []
    en = f"in a {sheet.kind} every entry weighs the same"
    return [Problem("weight_rule", "weight_rule", "该参与方式各账号机会均等，不能加权", en)]


def _rain(sheet: RuleSheet) -> list[Problem]:
    found = _equal(sheet)
    if not 2 <= len(sheet.waves) <= MOST_WAVES:
        en = f"a rain has 2 to {MOST_WAVES} waves"
        return [*found, _unclear("waves", "waves", f"红包雨须有 2–{MOST_WAVES} 波", en)]
    for number, wave in enumerate(sheet.waves):
        found += _wave_problems(wave, f"waves[{number}]", sheet.waves[number - 1] if number else None)
    if sheet.span_s > 86_400:
        found.append(
            _unclear("waves", "range", "全部波次不得超过一天", "all waves together take at most a day")
        )
    if len(sheet.prizes) != len(sheet.waves):
        en = "each wave has one class of prizes, in the same order"
        found.append(_unclear("prizes", "waves", "每一波对应一个奖品等级，顺序相同", en))
    return found


def _wave_problems(wave: WaveSheet, field: str, before: WaveSheet | None) -> list[Problem]:
    found = _word_problem(field, "keyword", wave.keyword, "口令", "keyword")
    starts = wave.after_s == 0 if before is None else wave.after_s >= before.after_s + before.window_s
    if not starts or wave.window_s < SHORTEST_WAVE_S:
        en = f"waves follow each other, the first at the opening, each at least {SHORTEST_WAVE_S} s long"
        zh = f"各波须依次进行，第一波从开始起算，每波至少 {SHORTEST_WAVE_S} 秒"
        found.append(_unclear(field, "waves", zh, en))
    return found


def _purchase(sheet: RuleSheet) -> list[Problem]:
    found = []
    if visible(sheet.product, 200) is None:
        en = "the product that must be ordered is missing"
        found.append(_unclear("product", "product", "须指明要购买的商品", en))
    for name in ("follow", "fan_level", "account_level"):
        if getattr(sheet, name):
            en = "an order does not tell this about its buyer; a draw among buyers cannot ask it"
            found.append(_unclear(name, "conditions", "订单不含该信息，购买抽奖不能设此条件", en))
    return found


_CHECKS: dict[str, Callable[[RuleSheet], list[Problem]]] = {
    "keyword": _keyword,
    "quiz": _quiz,
    "guess": _guess,
    "rain": _rain,
    "purchase": _purchase,
}
