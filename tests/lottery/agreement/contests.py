"""Forgeries by the operator about the kinds of contests: an entry rule that does not go with itself, an answer that is
not the committed one, a value that cannot be, a prize for somebody who was not the nearest or not in the wave.
"""

from __future__ import annotations

from .bases import File, show
from .forgery import COMMITMENT, LAST, OPERATOR, Forgery, answers, change, put, value


def _nothing(file: File) -> None:
    """All of the cheating comes after everything was recomputed."""


def _another_salt(file: File) -> None:
    revision = file.proof["closed"][0]["record"]
    revision["answer"] = {**revision["answer"], "salt": "ab" * 32}


def _farther_guess(file: File) -> None:
    """The farthest guess wins in place of the nearest."""
    values = [int(leaf[80:], 16) for leaf in file.leaves]
    answer = int(file.last["answer"]["answers"][0])
    chosen = {*file.drawn["winners"], *file.drawn["reserves"]}
    rest = [position for position in range(len(values)) if position not in chosen]
    file.drawn["winners"][0] = max(rest, key=lambda position: abs(values[position] - answer))
    show(file)


def _without_the_wave(file: File) -> None:
    """The prize of the first wave goes to somebody who was only in the second."""
    chosen = {*file.drawn["winners"], *file.drawn["reserves"]}
    only_second = [i for i, leaf in enumerate(file.leaves) if int(leaf[80:], 16) == 2 and i not in chosen]
    file.drawn["winners"][0] = only_second[0]
    show(file)


def _one_wave(file: File) -> None:
    """A rain of a single wave, in which everybody was."""
    terms = file.commitment
    wave = file.entry["contest"]["waves"][0]
    wave.update(open_at=terms["open_at"], close_at=terms["close_at"])
    file.entry["contest"]["waves"] = [wave]
    terms.update(prizes=terms["prizes"][:1], k=1)
    file.proof["leaves"] = [leaf[:80] + f"{1:016x}" for leaf in file.leaves]


CONTESTS = (
    Forgery(
        "a kind of prize that nobody knows",
        OPERATOR,
        "keyword",
        "file",
        put(*COMMITMENT, "prizes", 0, "kind", "luck"),
    ),
    Forgery(
        "a kind of contest that nobody knows",
        OPERATOR,
        "keyword",
        "file",
        put(*COMMITMENT, "entry", "kind", "raffle"),
    ),
    Forgery(
        "a contest beside a keyword", OPERATOR, "keyword", "file", put(*COMMITMENT, "entry", "contest", {})
    ),
    Forgery(
        "a keyword beside a quiz", OPERATOR, "quiz", "file", put(*COMMITMENT, "entry", "keyword", "抽奖")
    ),
    Forgery("a rain of one wave", OPERATOR, "rain", "terms", _one_wave),
    Forgery(
        "an answer where nothing was asked",
        OPERATOR,
        "keyword",
        "file|closed",
        put(*LAST, "answer", {"salt": "00" * 32, "answers": ["一号"]}),
    ),
    Forgery(
        "a condition that is no yes or no",
        OPERATOR,
        "keyword",
        "file",
        put(*COMMITMENT, "entry", "conditions", "follow", 1),
    ),
    Forgery(
        "a wave ends after the closing",
        OPERATOR,
        "rain",
        "terms",
        change(*COMMITMENT, "entry", "contest", "waves", 1, "close_at", lambda at: at + 1),
    ),
    Forgery(
        "two waves overlap",
        OPERATOR,
        "rain",
        "terms",
        change(*COMMITMENT, "entry", "contest", "waves", 1, "open_at", lambda at: at - 15_000),
    ),
    Forgery(
        "a wave without a prize",
        OPERATOR,
        "rain",
        "terms",
        _nothing,
        lambda f: (f.commitment["prizes"].pop(), f.commitment.update(k=1)),
    ),
    Forgery(
        "a quiz with options and a prefix",
        OPERATOR,
        "quiz",
        "terms",
        put(*COMMITMENT, "entry", "contest", "prefix", "答"),
    ),
    Forgery(
        "a guess without a range", OPERATOR, "guess", "terms", lambda f: f.entry["contest"].update(least=9000)
    ),
    Forgery("a guess outside the range", OPERATOR, "guess", "list", value(99)),
    Forgery("a wave that was not announced", OPERATOR, "rain", "list", value(4)),
    Forgery("somebody in no wave at all", OPERATOR, "rain", "list", value(0)),
    Forgery(
        "another answer than the one committed",
        OPERATOR,
        "quiz",
        "closed",
        lambda f: f.last["answer"].update(answers=["二号"]),
    ),
    Forgery("another answer salt in the first revision", OPERATOR, "quiz", "closed", _another_salt),
    Forgery("the right answers out of order", OPERATOR, "quiz", "file|closed", answers("二号", "一号")),
    Forgery(
        "a guess whose answer is no number", OPERATOR, "guess", "file|closed", _nothing, answers("五十九块九")
    ),
    Forgery("the farthest guess wins", OPERATOR, "guess", "selection", _nothing, _farther_guess),
    Forgery(
        "a prize for somebody who was not in its wave",
        OPERATOR,
        "rain",
        "selection",
        _nothing,
        _without_the_wave,
    ),
)
