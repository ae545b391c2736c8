from __future__ import annotations

from lottery.law import LAW, LEAST_DAYS_KEPT, Problem, problem


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


def test_a_draw_is_kept_three_years() -> None:
    assert LEAST_DAYS_KEPT >= 3 * 365 + 1
    assert "三年" in LAW["kept"].zh
