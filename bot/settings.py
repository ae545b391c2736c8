"""Settings: one TOML file, environment variables on top. Every key here is documented in docs/settings.md.

Secrets may be given as `env:NAME` or `file:PATH`; they never appear in logs, messages or `repr`. Environment
variables are `CHANGKONG_` plus the key in capitals, with two underscores between levels
(`CHANGKONG_CONSOLE__PORT=9000`).
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from bot.comment import RoomKey
from bot.errors import SettingsError


def _resolved(value: object) -> object:
    """Follow `env:NAME` and `file:PATH`."""
    if isinstance(value, str) and value.startswith("env:"):
        name = value[4:]
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set")
        return os.environ[name]
    if isinstance(value, str) and value.startswith("file:"):
        try:
            return Path(value[5:]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(f"the file {value[5:]} cannot be read ({error.strerror})") from None
    return value


Secret = Annotated[SecretStr, BeforeValidator(_resolved), Field(min_length=1)]
"""A secret; an empty one would open the door it should close, so it is refused."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConsoleSettings(_Section):
    """Where the console listens. Beyond this machine put a TLS proxy before it and set `public_url`."""

    host: str = "127.0.0.1"
    port: int = Field(default=8787, ge=0, le=65535)
    public_url: str | None = None


class PublicSettings(_Section):
    """The public pages of draws, on a port of their own. `base_url`: the address viewers open; without it the pages are
    for this machine alone. Beyond this machine put a TLS proxy before them."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=8788, ge=0, le=65535)
    base_url: str | None = Field(default=None, pattern=r"^https?://[A-Za-z0-9.\-\[\]:]+/?$", max_length=200)


class DatabaseSettings(_Section):
    """Where rows live. `url` None means SQLite in the data directory; `migrate_url` is the owner's connection."""

    url: Secret | None = None
    migrate_url: Secret | None = None


class TelegramSettings(_Section):
    """The moderators' bot. `chat_id` is their group, `thread_id` a topic in it. `full_text` sends comments' words
    out of the country and therefore stays off until somebody records a basis for it (PIPL 38, 39, 55)."""

    token: Secret
    chat_id: int
    thread_id: int | None = None
    full_text: bool = False
    base_url: str = "https://api.telegram.org/bot"


class PersonSettings(_Section):
    """Somebody who works here. `roles`: moderator, operator, compliance, admin, viewer; several for who works alone.
    `telegram_id` is the number of the person's own Telegram account; without it the cards' buttons refuse them."""

    login: str = Field(pattern=r"^[a-z][a-z0-9_.-]{1,31}$")
    name: str | None = Field(default=None, max_length=60)
    roles: tuple[Literal["viewer", "moderator", "operator", "compliance", "admin"], ...] = ("moderator",)
    telegram_id: int | None = None


class ReplySettings(_Section):
    """How the outbox speaks: an answer older than `time_to_live_s` is not said, and one that a person is to say is
    offered for `suggestion_s`. `satisfaction`: whether viewers are asked now and then if an answer helped."""

    time_to_live_s: float = Field(default=15, ge=1, le=300)
    suggestion_s: float = Field(default=60, ge=1, le=600)
    lang: Literal["zh", "en"] = "zh"
    satisfaction: bool = False


class JudgementSettings(_Section):
    """What judges beside the shipped model and rule book. `packs`: folders of the house's own terms, taken in again
    whenever their files change. `second_reader`: whether a small transformer reads again what the model is unsure of;
    it needs the extra `reader`."""

    packs: tuple[Path, ...] = ()
    second_reader: bool = False


class DrawSettings(_Section):
    """`delivery_days`: so long after a prize was received its winner's address is erased (twice as long after it was
    sent, when nobody says that it came)."""

    delivery_days: int = Field(default=30, ge=1, le=365)


class WitnessSettings(_Section):
    """Whose draws `run --witness` listens to: addresses of public pages, or folders of records."""

    follow: tuple[str, ...] = ()


class _Room(_Section):
    """`merchant` names the shop whose goods and phrases the room uses; None where there is but one."""

    merchant: str | None = Field(default=None, min_length=1, max_length=60)


class BilibiliRoom(_Room):
    """A bilibili live room through the open platform; reading only. `code` is the room owner's identity code."""

    platform: Literal["bilibili"]
    id: str
    app_id: int
    access_key: Secret
    access_secret: Secret
    code: Secret
    base_url: str = "https://live-open.biliapi.com"


class TelegramRoom(_Room):
    """A Telegram group as a room. `token` is of a bot that is administrator there, with privacy mode off."""

    platform: Literal["telegram"]
    id: str
    token: Secret
    base_url: str = "https://api.telegram.org/bot"


class BridgeRoom(_Room):
    """A room fed through the generic bridge. `source` None waits for others to connect, else we dial out to it.

    `secret` signs HTTP pushes and hellos; `token` and `origins` let a browser on this machine feed it. `fields`
    maps our field names to the source's (dotted paths)."""

    platform: Literal["bridge"]
    id: str
    secret: Secret
    token: Secret | None = None
    origins: tuple[str, ...] = ()
    source: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)


class PracticeRoomSettings(_Room):
    """A practice room already running; `url` is what `changkong practice` printed."""

    platform: Literal["practice"]
    id: str = "practice"
    url: str
    app_id: int
    access_key: Secret
    access_secret: Secret
    code: Secret


RoomSettings = Annotated[
    BilibiliRoom | TelegramRoom | BridgeRoom | PracticeRoomSettings, Field(discriminator="platform")
]


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix="CHANGKONG_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data: Path = Path("data")
    keys: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    console: ConsoleSettings = ConsoleSettings()
    public: PublicSettings = PublicSettings()
    database: DatabaseSettings = DatabaseSettings()
    replies: ReplySettings = ReplySettings()
    judgement: JudgementSettings = JudgementSettings()
    draws: DrawSettings = DrawSettings()
    witness: WitnessSettings = WitnessSettings()
    telegram: TelegramSettings | None = None
    people: tuple[PersonSettings, ...] = ()
    rooms: tuple[RoomSettings, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    def room_keys(self) -> list[RoomKey]:
        return [RoomKey(room.platform, room.id) for room in self.rooms]


def load(path: Path | None) -> Settings:
    """Read `path` (TOML); None reads `changkong.toml` in the working directory where there is one.

    Raises SettingsError with the key and the remedy; secrets are never quoted.
    """
    given: dict[str, object] = {}
    file = path or Path("changkong.toml")
    if path is not None or file.exists():
        given = _read(file)
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        where = file if given else "the environment"
        raise SettingsError(
            f"Setting `{key}` in {where} is not right: {first['msg']}. See docs/settings.md."
        ) from None
    except UnreadableVariable as error:
        raise SettingsError(
            f"An environment variable beginning with CHANGKONG_ cannot be read: {error}. "
            "Lists and tables are given as JSON; see docs/settings.md."
        ) from None
    _check(settings)
    return settings


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"There is no settings file {file}. Give one with --config.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {file} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.") from None


def _check(settings: Settings) -> None:
    public = settings.public
    if public.enabled and public.base_url is None and not _loopback(public.host):
        raise SettingsError(
            f"`public.host` is {public.host}, which others can reach, but `public.base_url` does not say under which "
            "address. Set it to the address viewers open, or leave the host at 127.0.0.1."
        )
    keys = settings.room_keys()
    for key in keys:
        if keys.count(key) > 1:
            raise SettingsError(f"The room {key} is named twice in `rooms`. Remove one of the two.")
    tokens = [room.token.get_secret_value() for room in settings.rooms if isinstance(room, TelegramRoom)]
    if settings.telegram is not None:
        tokens.append(settings.telegram.token.get_secret_value())
    if len(set(tokens)) < len(tokens):
        raise SettingsError(
            "Two uses share one Telegram token; Telegram allows one poller per token (409 Conflict). "
            "Make a second bot with @BotFather."
        )


def _loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
