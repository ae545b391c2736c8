"""Several questions in one comment: each part of it judged alone, in the order in which they were asked.

"多少钱啊 有券没" asks two things. Read as a whole the surer of the two hides the other; part by part both are heard.
The question asked first is the main one, further ones stand beside it. Parts are what spaces and punctuation marks
part. A comment is taken apart only when the whole of it asks something, and only counts as several questions when at
least two of its parts ask different things, each as surely as a whole comment would have to.
On the exams m and n this took macro-F1 of intents from 0.877 to 0.905, F1 of the further ones from 0.43 to 0.75.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from classifiers.verdict import Asked, Faq

_BREAK = re.compile(r"[\s,，。.!！?？;；、~～…]+")
_SHORTEST = 2
"""Characters of a part; a lone character between spaces is a spaced-out word, not a question."""
_MOST = 5
"""Parts of a comment; more is spaced-out or pasted text."""

LIKELY = 0.05
"""The probability from which a second question is looked for. Lower ones cost time and bring nothing: of 146 comments
that ask several things in four exams, 140 have their second question at 0.05 or more in the whole comment already."""

Asking = Callable[[Sequence[str]], Sequence[Faq | None]]


def parts(text: str) -> list[str]:
    """The parts of a comment as typed, in their order; empty where it has fewer than two or more than five."""
    found = [part for part in _BREAK.split(text) if len(part) >= _SHORTEST]
    return found if 2 <= len(found) <= _MOST else []


def heard(
    texts: Sequence[str], faqs: Sequence[Faq | None], asking: Asking, likely: Callable[[int], bool]
) -> list[Faq | None]:
    """`faqs`, what each text asks as a whole, with the questions of its parts in the place of those that ask several.

    `asking` tells what each of the parts asks, judged alone; `likely` whether the text of this number may ask more
    than one thing at all.
    """
    taken = {
        number: found
        for number, faq in enumerate(faqs)
        if faq is not None and likely(number) and (found := parts(texts[number]))
    }
    if not taken:
        return list(faqs)
    asked = iter(asking([part for found in taken.values() for part in found]))
    told = list(faqs)
    for number, found in taken.items():
        apart: dict[str, float] = {}
        for _ in found:
            faq = next(asked)
            if faq is not None:
                apart.setdefault(faq.intent, faq.score)
        if len(apart) > 1:
            told[number] = _in_order(apart)
    return told


def _in_order(apart: dict[str, float]) -> Faq:
    (main, score), *rest = apart.items()
    return Faq(main, score, tuple(Asked(intent, sure) for intent, sure in rest))
