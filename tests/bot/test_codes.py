"""What a comment is a case of."""

from __future__ import annotations

import msgspec
import pytest

from bot.codes import COMPLAINT_OF_KIND, codes_of, complains, incident
from classifiers.verdict import KINDS, Negative
from tests.builders import verdict


@pytest.mark.parametrize(
    ("kind", "code"), [*COMPLAINT_OF_KIND.items(), ("abuse", "U01"), ("disruption", "S01")]
)
def test_each_kind_of_negativity_has_its_code(kind: str, code: str) -> None:
    assert codes_of(verdict(kind=kind)) == (code,)


def test_every_kind_is_provided_for() -> None:
    assert set(COMPLAINT_OF_KIND) | {"abuse", "disruption"} == set(KINDS)


def test_a_rivals_advert_is_a04_and_not_also_a_disturbance() -> None:
    assert codes_of(verdict(kind="disruption", banned=("A04",))) == ("A04",)


def test_health_wording_makes_a_grievance_a_safety_complaint() -> None:
    assert codes_of(verdict(kind="quality", health=True)) == ("C02", "C01")


def test_rights_wording_makes_a_grievance_a_rights_complaint() -> None:
    assert codes_of(verdict(kind="service", rights=True)) == ("C03", "C01")


def test_health_and_rights_wording_without_a_grievance_is_a_mere_question() -> None:
    assert codes_of(verdict("suitability", health=True, rights=True)) == ()


def test_codes_come_gravest_first() -> None:
    assert codes_of(verdict(kind="quality", banned=("A01", "D02", "U01"))) == ("D02", "U01", "C01", "A01")


@pytest.mark.parametrize(
    ("codes", "found"), [((), False), (("U01", "D01"), False), (("D02", "C01"), True), (("C04",), True)]
)
def test_a_complaint_is_told_by_its_letter(codes: tuple[str, ...], found: bool) -> None:
    assert complains(codes) is found


@pytest.mark.parametrize(
    ("kind", "severity", "health", "found"),
    [
        ("quality", 2, True, True),
        ("service", 1, True, True),
        ("quality", 3, False, True),
        ("quality", 2, False, False),
        ("deception", 3, False, False),
        (None, 0, True, False),
    ],
)
def test_an_incident_is_health_wording_or_the_gravest_fault(
    kind: str | None, severity: int, health: bool, found: bool
) -> None:
    judged = msgspec.structs.replace(verdict(health=health), negative=Negative(kind, severity, 0.9))
    assert incident(judged, codes_of(judged)) is found
