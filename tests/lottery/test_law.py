from __future__ import annotations

import pytest

from lottery.errors import RuleError
from lottery.law import LAW, LEAST_DAYS_KEPT, Problem, frozen, problem, require_kept


def test_every_point_says_where_it_stands_and_how_well_that_is_known() -> None:
    for name, basis in LAW.items():
        assert basis.zh, name
        assert basis.en, name
        assert basis.mark in ("seen", "secondary", "memory", "none")
    assert LAW["complete"].mark == "seen"
    assert LAW["cap"].mark == "secondary"
    assert LAW["arranged"].mark == "memory"
    assert LAW["minors"].mark == "none"


def test_a_finding_cites_its_basis() -> None:
    made = problem("cap", "prizes[0]", "cap", "中", "en")
    assert made == Problem("prizes[0]", "cap", "中", "en", LAW["cap"].zh, LAW["cap"].en, "secondary")
    assert "第十七条" in made.basis


def test_an_announced_draw_does_not_change_and_the_error_says_why() -> None:
    error = frozen("claim_method")
    assert isinstance(error, RuleError)
    (found,) = error.problems
    assert isinstance(found, Problem)
    assert (found.field, found.code) == ("claim_method", "frozen")
    assert "第十三条" in found.basis
    assert "new draw" in str(error)


def test_a_draw_is_kept_three_years() -> None:
    assert LEAST_DAYS_KEPT >= 3 * 365 + 1
    require_kept(LEAST_DAYS_KEPT)
    with pytest.raises(RuleError) as caught:
        require_kept(LEAST_DAYS_KEPT - 1)
    (found,) = caught.value.problems
    assert isinstance(found, Problem)
    assert "三年" in found.basis
