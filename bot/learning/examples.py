"""Labelled examples out of the store: what the desk judged, as a batch that `changkong train` reads.

What each word of the desk proves:

    judgement (a person confirmed or corrected the whole verdict)    all four labels
    case closed as false positive                                    the comment has none of the case's hits and is not
                                                                     negative as the case says; nothing about the rest
    case closed as hidden, warned, muted                             something of what the case says is true

Only a judgement gives a row; a case alone gives part of the labels, and the others would be invented. Where two people
disagree, or a case contradicts a judgement, there is no row. Never in a batch: words that were erased or are
restricted, viewers who gave a sign of being minors (U04) anywhere, and personal data (masking.py).
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import ChangkongError, InputError
from bot.learning.judgement import Judgement, Labels, judgements
from bot.learning.masking import mask
from bot.storage.lessons import Lesson, LessonReadings
from bot.storage.values import RecordRow
from classifiers import labelled

MINOR = "U04"
_CONFIRMS = frozenset({"hidden", "warned", "muted"})
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
NOTHING = "\u200b"
"""Put before a text that a spreadsheet would take for a formula. The normaliser drops it: nothing is judged by it."""


@dataclass(frozen=True, slots=True)
class Closed:
    """How a case ended: its codes, the disposition, and the record `chain#seq` that says so."""

    codes: tuple[str, ...]
    disposition: str
    record: str


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a batch. `banned`: (code, span as typed); `note`: the records it rests on; `second`: roles of who
    judged. Nothing in it tells who the viewer is."""

    id: str
    text: str
    labels: Labels
    banned: tuple[tuple[str, str], ...]
    note: str
    second: str


@dataclass(frozen=True, slots=True)
class Collected:
    """What there is to learn. `left_out` counts comments by reason: partial, disputed, unreadable, minor, unclear,
    repeated."""

    examples: tuple[Example, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def collect(readings: LessonReadings, *, reader: str) -> Collected:
    """All examples of a store, in the order of the comments' ids. `reader` stands in the `access` records of those
    comments whose words were read. Raises NotAllowed when words cannot be read here."""
    words: dict[str, dict[str, Judgement]] = {}
    for one in judgements(readings):
        words.setdefault(one.comment, {})[one.by] = one
    cases = closed_cases(readings)
    left_out = Counter({"partial": len(cases.keys() - words.keys())})
    wanted = {}
    for comment, by_person in words.items():
        if len({one.labels for one in by_person.values()}) > 1:
            left_out["disputed"] += 1
        else:
            wanted[comment] = list(by_person.values())
    minors = readings.viewers_with(MINOR)
    ready = []
    for lesson in readings.lessons(sorted(wanted), reader=None):
        closed = cases.get(lesson.seen.id)
        if lesson.seen.viewer in minors:
            left_out["minor"] += 1
        elif closed is not None and contradicts(closed, wanted[lesson.seen.id][0].labels, lesson):
            left_out["disputed"] += 1
        else:
            ready.append(lesson.seen.id)
    examples: dict[tuple[object, ...], Example] = {}
    for lesson in sorted(readings.lessons(ready, reader=reader), key=lambda one: one.seen.id):
        made = example(lesson, wanted[lesson.seen.id], cases.get(lesson.seen.id))
        if isinstance(made, str):
            left_out[made] += 1
        elif (made.text, made.labels, made.banned) in examples:
            left_out["repeated"] += 1
        else:
            examples[made.text, made.labels, made.banned] = made
    return Collected(tuple(examples.values()), {name: n for name, n in sorted(left_out.items()) if n})


def closed_cases(readings: LessonReadings) -> dict[str, Closed]:
    """Comment id to how its case ended, for dispositions that prove something. A case reopened since proves nothing."""
    last: dict[tuple[str, int], RecordRow] = {}
    for record in readings.all_records("case"):
        data = record.body["data"]
        if "act" in data:
            last[record.chain, data["case"]] = record
    closed: dict[str, Closed] = {}
    for (_, number), record in last.items():
        disposition = record.body["data"].get("disposition")
        case = readings.case(number) if record.body["data"]["act"] == "resolve" else None
        if case is None or disposition not in {"false_positive", *_CONFIRMS}:
            continue
        ended = Closed(case.codes, disposition, f"{record.chain}#{record.seq}")
        closed |= {seen.id: ended for seen in readings.case_comments(number, reader=None)}
    return closed


def contradicts(closed: Closed, labels: Labels, lesson: Lesson) -> bool:
    """Whether how the case ended and what was judged cannot both be true."""
    kept = {lesson.seen.banned[at]["category"] for at in labels.hits}
    of_case = bool(kept & set(closed.codes))
    if labels.negative is not None:
        of_kind = {"abuse": {"U01"}, "disruption": {"S01", "A04"}}.get(labels.negative, set())
        of_case |= any(code.startswith("C") or code in of_kind for code in closed.codes)
    return of_case if closed.disposition == "false_positive" else not of_case


def example(lesson: Lesson, words: Sequence[Judgement], closed: Closed | None) -> Example | str:
    """The row of one comment whose judges agree, or the reason why it gives none."""
    seen, labels = lesson.seen, words[0].labels
    if seen.words is None or not seen.words.text.strip():
        return "unreadable"
    hits = [(str(one["category"]), int(one["start"]), int(one["end"])) for one in seen.banned]
    if any(at >= len(hits) for at in labels.hits):
        return "unclear"
    text = mask(seen.words.text, hits)
    banned = tuple((hits[at][0], text[hits[at][1] : hits[at][2]]) for at in labels.hits)
    if any(not span or ";" in span for _, span in banned):  # the file's own separator
        return "unclear"
    records = [f"{one.record} {one.said}" for one in words]
    if closed is not None:
        records.append(f"{closed.record} case {closed.disposition}")
    roles = sorted({one.role.replace(",", "+") for one in words})
    if text.startswith(_FORMULA):
        text = NOTHING + text
    name = "desk-" + hashlib.sha256(seen.id.encode()).hexdigest()[:12]
    return Example(name, text, labels, banned, "; ".join(records), "; ".join(roles))


def write(examples: Iterable[Example], file: Path, batch: str) -> None:
    """Write a batch, whole or not at all, readable for its owner alone. `batch` names it; begin with `desk-`: training
    then spreads its rows over the folds. Raises InputError when the file cannot be written."""
    part = file.with_name(file.name + ".part")
    try:
        with suppress(FileNotFoundError):
            part.unlink()
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(number, "w", encoding="utf-8", newline="") as sheet:
            writer = csv.writer(sheet, lineterminator="\n")
            writer.writerow(labelled.COLUMNS)
            writer.writerows(_cells(one, batch) for one in examples)
        problems = labelled.problems(part)
        if problems:
            raise ChangkongError(f"The batch does not keep to the label sheet: {problems[0]}")
        os.replace(part, file)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}. Choose another place.") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _cells(one: Example, batch: str) -> tuple[str | int, ...]:
    labels = one.labels
    banned = ";".join(f"{code}:{span}" for code, span in one.banned)
    return (
        one.id, one.text, "", labels.faq or "", ";".join(labels.also), labels.purchase, labels.negative or "",
        labels.severity, banned, one.note, batch, one.second,
    )  # fmt: skip
