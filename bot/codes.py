"""What a comment is a case of: its codes, how grave they are, who must see it, and what may be hidden.

Codes and severities: docs/labels.md section 4 and the catalogue of categories.
"""

from __future__ import annotations

from bot.comment import Comment
from bot.decision import Capabilities, Escalation, Mask
from classifiers.verdict import Verdict

COMPLAINT_OF_KIND = {
    "quality": "C01",
    "price": "C01",
    "logistics": "C01",
    "service": "C01",
    "deception": "C04",
}
"""Complaint codes by kind of negativity (docs/labels.md, section 4). Abuse and disruption are no complaints."""

SEVERITY = {
    "A06": 4, "A09": 4, "C01": 2, "C02": 4, "C03": 3, "C04": 3, "D01": 3, "D02": 4, "I01": 4, "I02": 4,
    "I03": 3, "I04": 4, "I05": 3, "L01": 4, "P03": 3, "S01": 1, "U01": 3, "U02": 3, "U03": 3, "U04": 3,
}  # fmt: skip
"""Severity of the codes that a viewer's comment can bring to a human (compliance facts, section 2). Codes that are
only logged for viewers (absolute terms and other advertising wording: 执法指南(一) item 4(3)) are not here."""

SLA_MS = {4: 30_000, 3: 120_000, 2: 600_000, 1: 3_600_000}
"""How soon a human should act, by severity."""

HIDEABLE = frozenset({"D", "I", "S", "U"})
"""First letters of codes for which the law lets an operator hide a viewer's words at all."""

HIDDEN_AT_ONCE = frozenset({"I01", "I02", "I03", "I04", "D02"})
"""Codes hidden without waiting for a human, where the platform gives us that right."""

GRAVEST = 3
"""The negative severity that means threats, safety or health incidents (docs/labels.md, section 3)."""


def codes_of(verdict: Verdict) -> tuple[str, ...]:
    """Every code of the comment, gravest first: the rule book's hits and the complaints (C codes).

    C02 needs health or safety wording, C03 refund, rights, regulator or press wording, both beside a negative
    kind. A negative comment aimed at people is U01, one that disturbs the room S01, unless the rule book says A04
    (a rival's advert).
    """
    kind = verdict.negative.kind
    if kind is None and not verdict.banned:
        return ()
    codes = {hit.category for hit in verdict.banned}
    if kind is not None:
        if kind in COMPLAINT_OF_KIND:
            codes.add(COMPLAINT_OF_KIND[kind])
        elif kind == "abuse":
            codes.add("U01")
        elif "A04" not in codes:
            codes.add("S01")
        if verdict.health:
            codes.add("C02")
        if verdict.rights:
            codes.add("C03")
    return tuple(sorted(codes, key=lambda code: (-SEVERITY.get(code, 0), code)))


def complains(codes: tuple[str, ...]) -> bool:
    """Whether a complaint (a C code) is among them."""
    return any(code[0] == "C" for code in codes)


def incident(verdict: Verdict, codes: tuple[str, ...]) -> bool:
    """Whether somebody's health or safety is said to have suffered: C02, or goods of the gravest fault."""
    negative = verdict.negative
    return "C02" in codes or (negative.kind == "quality" and negative.severity >= GRAVEST)


def escalation_of(comment: Comment, verdict: Verdict, codes: tuple[str, ...]) -> Escalation | None:
    """A human is called for every complaint, and for codes that have a severity for viewers.

    Two are called for only when somebody means it: swearing (U01) that is aimed at nobody (真他妈香) is logged, and so
    is a disturbance (S01) below severity 2.
    """
    if not codes or comment.viewer.role in ("bot", "host"):
        return None
    negative = verdict.negative
    spared = set() if negative.kind is not None else {"U01"}
    if negative.kind != "disruption" or negative.severity < 2:
        spared.add("S01")
    grave = [code for code in codes if code in SEVERITY and code not in spared]
    if not grave:
        return None
    hideable = not complains(codes) and any(code[0] in HIDEABLE for code in codes)
    return Escalation(codes, max(SEVERITY[code] for code in grave), hideable)


def mask_of(codes: tuple[str, ...], abilities: Capabilities) -> Mask | None:
    """Hide at once only what the law wants gone, and never a comment that also complains."""
    if not abilities.delete or complains(codes):
        return None
    return next((Mask(code) for code in codes if code in HIDDEN_AT_ONCE), None)
