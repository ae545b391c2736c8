"""The pages on settings name every key with its default, and no other; their example can be read."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.settings import RoomSettings, Settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("settings.md", "settings.zh-CN.md")
REQUIRED = {"required", "必填"}
NONE = {"none", "无"}
ROOMS: tuple[type[BaseModel], ...] = get_args(get_args(RoomSettings)[0])
ROW = re.compile(r"^\| `([a-z_.]+)` \| ([^|]+) \|", re.M)


def sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for info in model.model_fields.values():
        for kind in (info.annotation, *get_args(info.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield kind


def keys(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key below `model` except `rooms`, which has its own sections."""
    for name, info in model.model_fields.items():
        inner = [kind for kind in (info.annotation, *get_args(info.annotation)) if _is_section(kind)]
        if inner:
            yield from keys(inner[0], f"{before}{name}.")
        elif name not in ("rooms", "platform"):
            yield before + name, info


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def shown(info: FieldInfo) -> str:
    """A default as the page writes it."""
    value = info.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | dict):
        return json.dumps(value)
    return str(value) if not isinstance(value, PurePath) else value.as_posix()


def fits(cell: str, info: FieldInfo) -> bool:
    cell = cell.strip()
    if info.is_required() or (info.default is PydanticUndefined and info.default_factory is None):
        return cell in REQUIRED
    if info.get_default(call_default_factory=True) is None:
        return cell in NONE
    return cell == f"`{shown(info)}`"


@pytest.mark.parametrize("page", PAGES)
def test_every_key_outside_rooms_stands_on_the_page_with_its_default(page: str) -> None:
    rows = dict(ROW.findall((DOCS / page).read_text(encoding="utf-8")))
    for name, info in keys(Settings):
        assert name in rows, name
        assert fits(rows[name], info), (name, rows[name])
    known = {name for name, _ in keys(Settings)}
    assert {name for name in rows if not name.startswith("rooms.")} == known


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_key_of_a_kind_of_room_stands_in_its_section(page: str, room: type[BaseModel]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    (platform,) = get_args(room.model_fields["platform"].annotation)
    _, _, rest = text.partition(f'### `platform = "{platform}"`')
    assert rest, platform
    rows = dict(ROW.findall(re.split(r"^##", rest, flags=re.M)[0]))
    wanted = {f"rooms.{name}": info for name, info in room.model_fields.items() if name != "platform"}
    assert rows.keys() == wanted.keys()
    for name, info in wanted.items():
        assert fits(rows[name], info), (name, rows[name])


@pytest.mark.parametrize("page", PAGES)
def test_the_example_is_right(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), flags=re.S)
    for name in re.findall(r"env:(\w+)", example):
        monkeypatch.setenv(name, f"value-of-{name}")
    example = re.sub(r"file:[^\"]+", "env:BILI_KEY", example)
    settings = Settings(**tomllib.loads(example))
    assert [str(key) for key in settings.room_keys()] == ["bilibili:22000001", "bridge:shop"]
