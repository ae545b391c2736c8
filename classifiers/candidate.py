"""A place that may become a hit, and whether it stands: word borders, neighbours, homophones that are ordinary words.

What falls is told by name (FATES), so that `changkong rules try` can explain it. Contexts that excuse a hit are
another matter (excuse.py), and so are harmless wordings around it (lexicon.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from classifiers import segment
from classifiers.normalize import Normal, fold_table, spelled
from classifiers.rule import Term
from classifiers.sound import readings

Reading = Literal["literal", "sound", "initials"]

FATES = {
    "": ("命中", "stands"),
    "goes_on": ("英文单词或数字还没完", "a Latin word or a number goes on beyond it"),
    "word": ("两端切断了词典里的词", "a word of the dictionary is cut at its edge"),
    "ordinary": ("谐音本身是普通词语", "what was typed instead consists of ordinary words"),
    "confusion": ("只是近音，音节太少", "only similar in sound, with too few syllables"),
    "letters": ("此词只认拼音字母，不认谐音字", "this term is read in pinyin letters, not in homophones"),
    "number": ("数字属于一个更长的数", "a digit belongs to a longer number"),
    "clauses": ("两个字之间断了句", "a clause ends between its two characters"),
    "part": ("是拆字的偏旁", "it is a part of a split character"),
    "torn": ("拆字的一半属于另一个词", "a part of the split character belongs to another word"),
    "spared": ("在无害说法之内", "inside a harmless wording"),
    "excused": ("否定、提问、引用或提醒", "negated, asked, quoted or a warning"),
    "other_goods": ("只限别的品类", "bound to other classes of goods"),
    "covered": ("同类更长的命中已覆盖", "a longer hit of the same code covers it"),
}
"""What may become of a candidate: name -> how it is said in Chinese and English. Empty: it stands."""

_CLAUSE_ENDS = frozenset("，。！？；：,!?;")
_DIGITS = frozenset("0123456789")
_NUMERALS = "零一二三四五六七八九"
_ORDINARY = frozenset(
    "的了是在不我你他她它们有就也都要这那和吗呢吧啊哦呀嘛么才又再没去来到给把被让跟对好大小多少很还只能会可个件几上下里外前后"
    "什怎为以得着过地说看想用买卖人家年天日时号谁哪啥些点真太更最比从向往所其之与及或而但如因每各该此样种次回"
    "一二三四五六七八九十两百千万元块钱米斤克升码色款套条双盒瓶包袋箱份"
)
"""Characters that are words by themselves in half of all comments: they show nothing when typed for another."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A term at `view.text[start:end]`, in its spelling `meant`. For a reading by sound `spots[i]` is where its i-th
    syllable begins (one more entry closes the last), `names[i]` the syllable typed there in letters, None for a
    character. `within`: typed pinyin goes on at both sides, or the place is a part of a split character."""

    start: int
    end: int
    term: Term
    reading: Reading
    meant: str = ""
    within: bool = False
    spots: tuple[int, ...] = ()
    names: tuple[str | None, ...] = ()


def fate(candidate: Candidate, text: str, view: Normal) -> str:
    """Why the candidate falls, a key of FATES; empty when it stands. `view` is a view of `text`."""
    start, end = view.span(candidate.start, candidate.end)
    if candidate.within and candidate.reading != "sound":
        return "part"
    if candidate.reading == "sound":
        return _heard(candidate, text, view, start, end)
    if _goes_on(text, start, start - 1) or _goes_on(text, end - 1, end):
        return "goes_on"
    if end - start <= 2 and _folded(text, start - 1).isdigit() and _folded(text, end).isdigit():
        return "goes_on"
    if candidate.reading == "initials":
        return ""
    if candidate.end - candidate.start == 2 and not _CLAUSE_ENDS.isdisjoint(text[start:end]):
        return "clauses"
    return _bordered(candidate, view)


def _bordered(candidate: Candidate, view: Normal) -> str:
    """Whether a spelling is cut out of other words: at both ends (今日|结束) or, with two characters, at one.

    A word that holds the whole spelling cuts nothing, except with B, where every cut counts. A space typed before or
    behind the spelling is a border too, unless the neighbour stands alone like the spelling's own characters do.
    """
    start, end = candidate.start, candidate.end
    strict = "B" in candidate.term.readings
    said = view.text[start:end]
    if said.isascii() and not strict:
        return ""
    inside = segment.insides(view.text)
    cut = [(edge, inside[edge]) for edge in (start, end) if edge in inside]
    cuts = [edge for edge, (first, last) in cut if strict or not (first <= start and end <= last)]
    if cuts and view.origins is not None:
        cuts = [edge for edge in cuts if not _set_off(view, start, end, edge)]
    return "word" if len(cuts) > (0 if strict or len(said) < 3 else 1) else ""


def _set_off(view: Normal, start: int, end: int, edge: int) -> bool:
    """Whether something typed at an edge of `start` to `end`, and dropped, sets the spelling off from its neighbour."""
    if not _gap(view, edge):
        return False
    if not any(_gap(view, at) for at in range(start + 1, end)):
        return True
    beyond = start - 1 if edge == start else end + 1
    return 0 < beyond < len(view.text) and not _gap(view, beyond)


def _gap(view: Normal, at: int) -> bool:
    """Whether something was typed, and dropped, just before the character `at`."""
    return 0 < at < len(view.text) and view.span(at - 1, at)[1] < view.span(at, at + 1)[0]


def _heard(candidate: Candidate, text: str, view: Normal, start: int, end: int) -> str:
    meant = candidate.meant
    letters = sum(name is not None for name in candidate.names)
    hanzi = [spot for spot, name, character in zip(candidate.spots, candidate.names, meant, strict=False)
             if name is None and not _same(view.text[spot], character)]  # fmt: skip
    if hanzi and "H" not in candidate.term.readings:
        return "letters"
    alike = _only_alike(candidate, view.text)
    if letters and candidate.within and len(meant) < 3:
        return "ordinary"
    if alike and (len(meant) < (3 if letters else 4) or alike > len(meant) // 3):
        return "confusion"
    inside_letters = letters and len(meant) > 2
    for edge, neighbour in ((start, start - 1), (end - 1, end)):
        if _goes_on(text, edge, neighbour) and not (inside_letters and _folded(text, edge).isalpha()):
            return "goes_on"
    if any(_in_number(view.text, spot) for spot in hanzi):
        return "number"
    return "" if letters else _ordinary(candidate, view.text, hanzi)


def _only_alike(candidate: Candidate, text: str) -> int:
    """How many syllables are only alike, in the reading of the term that fits best."""
    typed = [
        name or spelled(text[spot]) for spot, name in zip(candidate.spots, candidate.names, strict=False)
    ]
    meant = candidate.meant
    known = [name is None and _same(text[spot], character)
             for spot, name, character in zip(candidate.spots, candidate.names, meant, strict=False)]  # fmt: skip
    return min(
        sum(not same and heard != name for same, heard, name in zip(known, typed, names, strict=True))
        for names in readings(meant)
    )


def _ordinary(candidate: Candidate, text: str, hanzi: list[int]) -> str:
    """Whether the characters typed for others are plain words that mean what they say (检查, not 奸查).

    Where no character is the term's own, one strange character among words is not enough.
    """
    if not hanzi:
        return ""
    start, end = candidate.start, candidate.end
    if segment.is_word(text[start:end]):
        return "ordinary"
    inside = segment.insides(text)
    if start in inside or end in inside or (end - start == 2 and start + 1 in inside):
        return "word"
    strange = sum(
        spot not in inside and spot + 1 not in inside and text[spot] not in _ORDINARY for spot in hanzi
    )
    return "ordinary" if strange < (2 if len(hanzi) == len(candidate.meant) else 1) else ""


def _same(typed: str, meant: str) -> bool:
    """Whether a character is the one meant, or a digit for its numeral (1 for 一)."""
    return typed == meant or (typed in _DIGITS and _NUMERALS[int(typed)] == meant)


def _in_number(text: str, at: int) -> bool:
    """Whether a digit has another digit beside it."""
    return text[at].isdigit() and (text[at - 1 : at].isdigit() or text[at + 1 : at + 2].isdigit())


def _goes_on(text: str, edge: int, neighbour: int) -> bool:
    """Whether a Latin word or a number goes on beyond the edge of a hit (sb in usb, no1 in no10)."""
    inside, outside = _folded(text, edge)[-1:], _folded(text, neighbour)[-1:]
    if not (inside.isascii() and outside.isascii()):
        return False
    return (inside.isalpha() and outside.isalpha()) or (inside.isdigit() and outside.isdigit())


def _folded(text: str, at: int) -> str:
    """The folded character at `at`, empty outside the text or when it is dropped."""
    return text[at].translate(fold_table()) if 0 <= at < len(text) else ""
