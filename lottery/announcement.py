"""The announcement: a rule sheet frozen into the signed commitment, after which nothing of it can change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import beacon as drand
from . import entry, rules
from .answers import SALT_SIZE, Answer
from .canonical import ZERO_HASH, nfc
from .commitment import BeaconTerms, Commitment
from .errors import RuleError
from .kinds import Conditions, Contest, Guess, Keyword, Purchase, Quiz, Rain, Wave
from .rules import RuleSheet
from .signed import Signed
from .signer import SigningKey
from .spoken import normalise, read_number
from .terms import Terms

_DRAW_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draw happens: `sequence` counts the room's draws from 1 without gaps, VOID ones included;
    `prev` is the hash (hex) of the drawn or void record that ended the room's last draw, zeros before the
    first.
    """

    platform: str
    room: str
    sequence: int
    prev: str = ZERO_HASH


@dataclass(frozen=True, slots=True)
class _Times:
    """Unix milliseconds."""

    announced: int
    opens: int
    closes: int


def announce(
    sheet: RuleSheet,
    draw_id: str,
    place: Place,
    draw_salt: bytes,
    key: SigningKey,
    now_ms: int,
    preset: str = "quick",
    staff: Iterable[str] = (),
    software: str = "changkong",
    *,
    answer_salt: bytes | None = None,
    previous: Iterable[str] = (),
    blacklist: Iterable[str] = (),
) -> Signed[Commitment]:
    """Freeze a rule sheet into the signed commitment. From here on nothing of it can change.

    `draw_salt` is 32 fresh random bytes, kept secret and stored by the caller, and so is `answer_salt`, which a
    quiz and a guess need; `staff`, `previous` (winners of earlier draws that the sheet excludes) and `blacklist`
    are the uids that may not win. Raises RuleError with all problems when the preflight finds any.
    """
    if not _DRAW_ID.fullmatch(draw_id):
        raise RuleError("A draw's id needs 1 to 64 letters, digits, hyphens or underscores; it names a file.")
    rules.require(sheet, preset)
    opens = now_ms + sheet.lead_s * 1000
    closes = opens + sheet.span_s * 1000
    due_at = closes + rules.PRESETS[preset].delay_s * 1000
    practice = preset == "practice"
    drand.check_pinned()
    round_number = drand.practice_round(draw_id) if practice else drand.round_at_or_after(due_at)
    contest = contest_of(sheet, opens, answer_salt)
    hashes = [
        entry.list_hash(name, draw_salt, uids)
        for name, uids in (("staff", staff), ("previous", previous), ("blacklist", blacklist))
    ]
    made = Commitment(
        draw_id=nfc(draw_id),
        title=nfc(sheet.title),
        k=sheet.k,
        prev=place.prev,
        salt_commit=entry.salt_commit(draw_salt),
        beacon=BeaconTerms(round_number, due_at=due_at if practice else None),
        terms=_terms_of(
            sheet, place, preset, round_number, _Times(now_ms, opens, closes), contest, hashes, software, key
        ),
    )
    checked = Commitment.from_json(made.to_json())  # what we write must be what everyone can read
    checked.check()
    return Signed.seal(checked, key)


def contest_of(sheet: RuleSheet, opens_ms: int, answer_salt: bytes | None) -> Contest:
    """The contest of a complete sheet whose entries open at `opens_ms` (Unix ms).

    Raises RuleError when a quiz or a guess comes without 32 bytes of `answer_salt`.
    """
    answer = answer_of(sheet, answer_salt)
    committed = "" if answer is None else answer.commit
    if sheet.kind == Quiz.KIND:
        options = tuple(map(normalise, sheet.options))
        return Quiz(normalise(sheet.question), options, normalise(sheet.prefix), committed)
    if sheet.kind == Guess.KIND:
        prefix, question = normalise(sheet.prefix), normalise(sheet.question)
        return Guess(question, prefix, sheet.decimals, sheet.least, sheet.most, committed)
    if sheet.kind == Rain.KIND:
        starts = [(wave, opens_ms + wave.after_s * 1000) for wave in sheet.waves]
        return Rain(
            tuple(Wave(normalise(wave.keyword), at, at + wave.window_s * 1000) for wave, at in starts)
        )
    if sheet.kind == Purchase.KIND:
        return Purchase(normalise(sheet.product))
    return Keyword(entry.check_keyword(sheet.keyword))


def answer_of(sheet: RuleSheet, answer_salt: bytes | None) -> Answer | None:
    """The right answer of a sheet, to be kept secret until the list is closed; None where nothing is asked.

    Raises RuleError when there is one but no salt of 32 bytes, or when a guess has no number.
    """
    if sheet.kind not in (Quiz.KIND, Guess.KIND):
        return None
    if answer_salt is None or len(answer_salt) != SALT_SIZE:
        raise RuleError("The salt of the answers must be 32 random bytes from the operating system.")
    if sheet.kind == Quiz.KIND:
        return Answer.of(answer_salt, sheet.answers)
    number = read_number(sheet.answers[0], "", sheet.decimals) if sheet.answers else None
    if number is None or number < 0:
        raise RuleError(
            "The right answer of a guess must be a number with no more decimals than the rules say."
        )
    return Answer.of(answer_salt, [str(number)])


def _terms_of(
    sheet: RuleSheet,
    place: Place,
    preset: str,
    round_number: int,
    times: _Times,
    contest: Contest,
    hashes: list[str],
    software: str,
    key: SigningKey,
) -> Terms:
    """The full commitment's terms; `hashes` are those of staff, previous winners and blacklist."""
    timing = rules.PRESETS[preset]
    texts = {name: nfc(getattr(sheet, name)) for name in rules.TEXTS}
    texts["draw_method"] = rules.draw_method(round_number, preset == "practice", sheet.kind)
    prizes = (
        rules.Prize(nfc(p.rank), nfc(p.name), p.quantity, p.value_fen, p.kind, nfc(p.use_rules))
        for p in sheet.prizes
    )
    return Terms(
        platform=nfc(place.platform),
        room=nfc(place.room),
        sequence=place.sequence,
        prizes=tuple(prizes),
        reserves=sheet.reserves,
        texts=tuple(sorted(texts.items())),
        contest=contest,
        weight_rule=nfc(sheet.weight_rule),
        announced_at=times.announced,
        open_at=times.opens,
        close_at=times.closes,
        publish_by=times.closes + timing.root_within_s * 1000,
        claim_by=times.closes + (timing.delay_s + sheet.claim_within_s) * 1000,
        preset=preset,
        staff_hash=hashes[0],
        software=software,
        signer=key.public,
        conditions=Conditions(sheet.follow, sheet.fan_level, sheet.account_level),
        previous_hash=hashes[1],
        blacklist_hash=hashes[2],
    )
