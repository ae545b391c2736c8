"""What the pages show, as frozen values: rows as a person reads them, without the store's columns.

Times are ms since 1970 UTC. Texts are as the viewer typed them: hostile until escaped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.learning.judgement import Labels

DISPOSITIONS = (
    "answered", "hidden", "warned", "muted", "false_positive", "duplicate", "no_action", "customer_service",
    "compliance",
)  # fmt: skip
"""How a case may end (console-ux, section 3)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. `login` names them in records, `name` on pages; `roles` of bot.console.roles."""

    id: str
    login: str
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the shop, for the switch of what is on show."""

    id: str
    name: str
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A matched span on the original text: code points, end excluded. `basis` is the law behind the rule, or ""."""

    code: str
    start: int
    end: int
    reading: str = ""
    rule: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment with what was judged and decided. `text` None when it was erased or is restricted.

    `fold` joins near-equal comments. `outcome` is answered (an answer was chosen),
    what became of that answer (sent, suggested, refused …), withheld or ""; `withheld` the reason.
    `entry` is accepted, a refusal code, or "" when it was no draw entry. `product`: what its answer is about.
    """

    session: str
    seq: int
    at_ms: int
    who: str
    text: str | None
    role: str = "viewer"
    marks: tuple[Mark, ...] = ()
    codes: tuple[str, ...] = ()
    intent: str = ""
    purchase: int = 0
    negative: str = ""
    severity: int = 0
    outcome: str = ""
    withheld: str = ""
    entry: str = ""
    masked: bool = False
    fold: str = ""
    speaker: str = ""
    product: str = ""

    @property
    def key(self) -> str:
        """Names the comment within the console."""
        return f"{self.session}-{self.seq}"


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer of the library. `state` is queued, sending, sent (the platform took it), suggested, copied, by_hand,
    refused, unknown, expired, blocked or withheld; `evidence` seen or swallowed, "" while nothing is known; `person`
    who copied it or said it by hand; `comment` the id of the comment answered, "" for none; `reason` why it is withheld
    (`bot.decision.Withheld`), or blocked or expired (a code of the gate or of what silenced the room)."""

    id: str
    at_ms: int
    intent: str
    text: str
    state: str
    reason: str = ""
    asked: str = ""
    asker: str = ""
    product: str = ""
    phrase_id: str = ""
    comment: str = ""
    evidence: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class JudgedComment:
    """A comment with its whole verdict. `filled`: the labels its form shows: what this person said before, else what
    the case's end says, else the verdict. `said`: this person's last word, "" for none."""

    row: CommentRow
    verdict: Labels
    filled: Labels
    said: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case. `due_ms` None when it is done. `holder` "" when nobody has it; `version` for compare-and-set."""

    id: str
    number: int
    room: str
    code: str
    codes: tuple[str, ...]
    severity: int
    state: str
    opened_ms: int
    due_ms: int | None
    count: int
    people: int
    sample: str
    holder: str = ""
    holder_name: str = ""
    version: int = 0
    hideable: bool = False
    disposition: str = ""
    note: str = ""
    lease_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a case, for its history."""

    at_ms: int
    who: str
    act: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """The vetted answer to a complaint of this `kind`: `text` as it may be said now, by which phrase version, about
    which product ("" for none). `reason`: why there is none, "" when there is one."""

    kind: str
    reason: str = ""
    text: str = ""
    phrase_id: str = ""
    digest: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case with its comments (original text, marks), the comments around them, and its history. `answer` None: it is
    no complaint, or it is done."""

    case: CaseRow
    comments: tuple[CommentRow, ...] = ()
    around: tuple[CommentRow, ...] = ()
    history: tuple[Step, ...] = ()
    normal: str = ""
    answer: CaseAnswer | None = None


@dataclass(frozen=True, slots=True)
class DrawRow:
    """A draw in the list. `state` is announced, open, closed, drawn, void or another code of the draw's life;
    `kind` of lottery.rules.KINDS."""

    id: str
    room: str
    number: int
    title: str
    state: str
    opens_ms: int
    closes_ms: int
    beacon_ms: int | None = None
    entries: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    practice: bool = False
    reason: str = ""
    kind: str = "keyword"


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One link of the audit chain; `body` is the canonical JSON that was hashed."""

    chain: str
    seq: int
    kind: str
    at_ms: int
    actor: str
    record_hash: str
    prev_hash: str
    body: str


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """The outcome of recomputing one chain. `bad_seq` is the first record that does not hold; None when all do."""

    chain: str
    records: int
    ok: bool
    bad_seq: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One show with its counters."""

    id: str
    room: str
    opened_ms: int
    closed_ms: int | None
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one interval that begins at `at_ms`."""

    at_ms: int
    comments: int = 0
    answers: int = 0
    cases: int = 0
