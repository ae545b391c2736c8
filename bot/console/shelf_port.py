"""What the console needs of the phrase library, of review, own questions and goods: one protocol, `Shelf`.

Each write is one transaction with its record. Refusals are NotAllowed (ApprovalRefused with a code for approvals).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.approval import Approver, DutyMode
from bot.console.shelf_views import (
    Checked,
    GoodsView,
    Import,
    Loud,
    Outcome,
    OwnQuestionView,
    Told,
    Tried,
    Version,
    Waiting,
)
from bot.storage.values import EvidenceFile, ExemptionRow
from classifiers.own import OwnQuestion
from replies.facts import Product
from replies.goods import Diff
from replies.phrase import Phrase

Pick = tuple[str, str, str]
"""A version picked for approval: id, digest, and the substance its reviewer had before him."""


class Shelf(Protocol):
    """Phrases, review, own questions and goods as the console may touch them."""

    def now(self) -> int:
        """The journal's clock in ms: approvals and sittings go by it."""
        ...

    # phrases
    async def versions(self) -> Sequence[Version]: ...

    async def version(self, id: str, digest: str = "") -> Version | None:
        """That version; without digest the latest written of that id."""
        ...

    async def history(self, id: str) -> Sequence[Told]: ...

    async def products(self, merchant: str | None = None) -> Sequence[Product]:
        """What a phrase may be about: the store's goods, or those of a practice room where the store has none."""
        ...

    async def check(self, phrase: Phrase) -> Checked: ...

    async def check_all(self, phrases: Sequence[Phrase]) -> Sequence[Checked]:
        """What the checks say of each, in order; the goods are read once."""
        ...

    async def draft(self, phrase: Phrase, *, by: str, screen: str) -> Version: ...

    async def submit(self, id: str, digest: str, *, by: str) -> None: ...

    async def submit_all(self, drafts: Sequence[tuple[str, str]], *, by: str) -> Sequence[Outcome]:
        """Send these drafts (id, digest) to review, each by itself: one that cannot go is named with the reason (what
        the checks refuse cannot), the others go."""
        ...

    async def withdraw(self, id: str, digest: str, *, by: str, reason: str) -> str:
        """Gives the record's name."""
        ...

    async def keep_evidence(self, data: bytes, name: str, media_type: str, *, by: str) -> str: ...

    async def evidence(self, sha256: str) -> tuple[EvidenceFile, bytes]: ...

    async def evidence_files(self) -> Sequence[EvidenceFile]: ...

    async def exemptions(self, phrase_id: str | None = None) -> Sequence[ExemptionRow]: ...

    async def ask_exemption(
        self, phrase_id: str, rule: str, reason: str, evidence: Sequence[str], *, by: str
    ) -> None: ...

    # review
    async def mode(self) -> DutyMode: ...

    async def set_mode(self, mode: DutyMode, *, by: str) -> None: ...

    async def waiting(self, page: int, size: int) -> tuple[Sequence[Waiting], int]:
        """One page, counted from 0, of `size` versions in review, the longest waiting first (the last page where there
        is no such page); and how many there are on all pages together."""
        ...

    async def waits(self, id: str) -> Waiting | None:
        """The version of that id in review."""
        ...

    async def approve(
        self, picks: Sequence[Pick], approver: Approver, *, break_glass: bool = False, reason: str = ""
    ) -> Sequence[Outcome]: ...

    async def send_back(self, picks: Sequence[Pick], *, by: str, reason: str) -> Sequence[Outcome]: ...

    async def read(self, id: str, digest: str, *, by: str, screen: str) -> None: ...

    async def grant_exemption(self, number: int, approver: Approver) -> None: ...

    async def loud(self) -> Sequence[Loud]: ...

    async def close_task(self, task: int, *, by: str) -> None: ...

    # own questions
    async def questions(self) -> Sequence[OwnQuestionView]: ...

    async def save_question(self, slug: str, body: Mapping[str, object], *, by: str) -> None: ...

    async def switch_question(self, slug: str, on: bool, *, by: str) -> None: ...

    async def try_question(self, question: OwnQuestion, *, by: str) -> Tried: ...

    # goods
    async def goods(self) -> GoodsView: ...

    async def set_fact(self, product: str, name: str, value: str, *, show_end: bool, by: str) -> None:
        """The fact as it is from now on; `product` "" for the house, "@<merchant>" for a shop's house."""
        ...

    async def renewal(self) -> Diff:
        """What `renew` of everything would change."""
        ...

    async def renew(self, keys: Sequence[tuple[str, str]], *, by: str) -> int:
        """Let these facts (product, name) hold until the end of the coming show; how many did."""
        ...

    async def read_goods(self, data: bytes, name: str, *, by: str) -> Import: ...

    async def take_goods(self, token: str, *, by: str) -> int:
        """Take in what `read_goods` showed; how many things changed. Raises NotAllowed when it was somebody else's, is
        too long ago, or the goods have changed since."""
        ...
