"""A room's state as bytes and back, without what is rebuilt from rows (entered, voted, seen) or handed in (shop)."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import msgspec

from bot.policy import RoomState
from bot.storage.canonical import canonical, cleaned
from replies.cooldown import Cooldowns, Limits

REBUILT = frozenset({"entered", "voted", "seen", "shop", "cooldowns"})


def encode_state(state: RoomState) -> bytes:
    """`state` as canonical JSON."""
    body: dict[str, Any] = {
        name: msgspec.to_builtins(getattr(state, name))
        for name in RoomState.__struct_fields__
        if name not in REBUILT
    }
    body["cooldowns"] = state.cooldowns.to_json()
    body["limits"] = asdict(state.cooldowns.limits)
    return canonical(cleaned(body))


def decode_state(raw: bytes) -> RoomState:
    """What `encode_state` wrote, now or earlier: fields added since have their defaults, limits given up since are
    passed over. Raises msgspec.ValidationError."""
    body: dict[str, Any] = msgspec.json.decode(raw)
    written: dict[str, int] = body.pop("limits")
    limits = Limits(**{one.name: written[one.name] for one in fields(Limits) if one.name in written})
    cooldowns = Cooldowns.from_json(body.pop("cooldowns"), limits)
    state = msgspec.convert(body, RoomState)
    return msgspec.structs.replace(state, cooldowns=cooldowns)
