"""Who may do what. Roles are names on an account; abilities are what a route asks for.

A person may hold several roles. The table is the only place where abilities are given; each route names the one it
needs and the server checks it on every request.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ROLES = ("viewer", "moderator", "operator", "compliance", "admin")

ABILITIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "see_live": frozenset(ROLES),
        "see_cases": frozenset({"moderator", "operator", "compliance", "admin"}),
        "work_cases": frozenset({"moderator", "operator", "compliance"}),
        "hush": frozenset({"moderator", "operator", "compliance", "admin"}),
        "steer": frozenset({"operator", "admin"}),
        "see_phrases": frozenset({"moderator", "operator", "compliance", "admin"}),
        "withdraw": frozenset({"moderator", "operator", "compliance", "admin"}),
        "write_phrases": frozenset({"operator", "compliance", "admin"}),
        "approve": frozenset({"operator", "compliance", "admin"}),
        "break_glass": frozenset({"admin"}),
        "duty_mode": frozenset({"admin"}),
        "facts": frozenset({"operator", "admin"}),
        "see_draws": frozenset({"moderator", "operator", "compliance", "admin"}),
        "run_draws": frozenset({"operator", "admin"}),
        "see_record": frozenset({"compliance", "admin"}),
    }
)
"""Ability to the roles that have it. `hush` only silences the bot, so more people may; `steer` also lets it speak.
`work_cases` is not for admins: they keep the thing running and do not act on viewers."""


def allowed(roles: frozenset[str], ability: str) -> bool:
    """Whether any of `roles` has `ability`. Unknown roles have none; an unknown ability is a KeyError."""
    return not ABILITIES[ability].isdisjoint(roles)
