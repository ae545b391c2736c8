"""Settings: the file, the environment, and what a wrong one is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.comment import RoomKey
from bot.errors import SettingsError
from bot.settings import BilibiliRoom, BridgeRoom, Settings, TelegramRoom, load

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "changkong.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


FULL = """
data = "shows"
log_level = "warning"

[console]
port = 9000
public_url = "https://desk.example"

[database]
url = "postgresql://app:pg-secret@db/changkong"

[replies]
time_to_live_s = 15
lang = "en"

[telegram]
token = "123:cards-secret"
chat_id = -100200

[[rooms]]
platform = "bilibili"
id = "22000001"
app_id = 7
access_key = "ak-secret"
access_secret = "as-secret"
code = "code-secret"

[[rooms]]
platform = "telegram"
id = "-100300"
token = "456:room-secret"

[[rooms]]
platform = "bridge"
id = "shop"
secret = "bridge-secret"
origins = ["https://live.example"]
fields = { text = "msg.content" }

[[rooms]]
platform = "practice"
url = "http://127.0.0.1:9001"
app_id = 1
access_key = "k-secret"
access_secret = "s-secret"
code = "c-secret"
"""


def complaint(path: Path | None) -> str:
    with pytest.raises(SettingsError) as raised:
        load(path)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return str(raised.value)


def test_without_a_file_the_defaults_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None)
    assert settings == Settings()
    assert (settings.data, settings.console.host, settings.console.port) == (Path("data"), "127.0.0.1", 8787)
    assert settings.rooms == ()
    assert (settings.replies.time_to_live_s, settings.replies.suggestion_s) == (15, 60)


def test_a_room_may_belong_to_one_of_several_shops(write: Write) -> None:
    assert [room.merchant for room in load(write(FULL)).rooms] == [None] * 4
    named = FULL.replace('id = "shop"', 'id = "shop"\nmerchant = "north"')
    assert [room.merchant for room in load(write(named)).rooms] == [None, None, "north", None]
    assert "merchant" in complaint(write(FULL.replace('id = "shop"', 'id = "shop"\nmerchant = ""')))


def test_a_whole_file_is_read(write: Write) -> None:
    settings = load(write(FULL))
    assert settings.room_keys() == [
        RoomKey("bilibili", "22000001"), RoomKey("telegram", "-100300"), RoomKey("bridge", "shop"),
        RoomKey("practice", "practice"),
    ]  # fmt: skip
    first, second, third, _ = settings.rooms
    assert isinstance(first, BilibiliRoom)
    assert first.access_secret.get_secret_value() == "as-secret"
    assert isinstance(second, TelegramRoom)
    assert isinstance(third, BridgeRoom)
    assert third.fields == {"text": "msg.content"}
    assert settings.telegram is not None
    assert settings.telegram.full_text is False
    assert settings.replies.lang == "en"


def test_a_file_in_the_working_directory_is_found(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write('log_level = "debug"').parent)
    assert load(None).log_level == "debug"


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(b"\xef\xbb\xbf" + "data = '场控'".encode())
    assert load(path).data == Path("场控")


def test_the_environment_wins(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGKONG_CONSOLE__PORT", "9100")
    monkeypatch.setenv("CHANGKONG_DATA", "elsewhere")
    settings = load(write(FULL))
    assert settings.console.port == 9100
    assert settings.console.public_url == "https://desk.example"
    assert settings.data == Path("elsewhere")


def test_secrets_come_from_environment_and_files(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("456:from-file\n", encoding="utf-8")
    monkeypatch.setenv("CARDS_TOKEN", "123:from-env")
    text = FULL.replace("123:cards-secret", "env:CARDS_TOKEN")
    text = text.replace("456:room-secret", f"file:{(tmp_path / 'token').as_posix()}")
    settings = load(write(text))
    assert settings.telegram is not None
    assert settings.telegram.token.get_secret_value() == "123:from-env"
    room = settings.rooms[1]
    assert isinstance(room, TelegramRoom)
    assert room.token.get_secret_value() == "456:from-file"


def test_secrets_never_show(write: Write) -> None:
    settings = load(write(FULL))
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "secret" not in shown.replace("access_secret", "").replace('"secret"', "").replace(
            "secret=", ""
        )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("port = 9000", "port = 99999"), "console.port"),
        (("port = 9000", "prot = 9000"), "console.prot"),
        (('data = "shows"', 'dta = "shows"'), "dta"),
        (("time_to_live_s = 15", "time_to_live_s = 0"), "replies.time_to_live_s"),
        (('platform = "bridge"', 'platform = "myspace"'), "rooms.2"),
        (("app_id = 7\n", ""), "app_id"),
        (('secret = "bridge-secret"', 'secret = ""'), "secret"),
        (('"123:cards-secret"', '"env:NOT_THERE"'), "NOT_THERE"),
        (('"123:cards-secret"', '"file:not-there.txt"'), "not-there.txt"),
        (('log_level = "warning"', 'log_level = "loud"'), "log_level"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(write: Write, change: tuple[str, str], says: str) -> None:
    assert change[0] in FULL
    path = write(FULL.replace(*change))
    message = complaint(path)
    assert says in message
    assert str(path) in message
    assert "docs/settings.md" in message
    assert "-secret" not in message


def test_a_wrong_secret_is_not_quoted(write: Write) -> None:
    assert "hidden" not in complaint(write(FULL.replace('"ak-secret"', '["hidden-secret"]')))


def test_a_missing_file_a_folder_and_nonsense_are_told_apart(write: Write, tmp_path: Path) -> None:
    assert "There is no settings file" in complaint(tmp_path / "none.toml")
    assert "cannot be read" in complaint(tmp_path)
    assert "not valid TOML" in complaint(write("rooms = ["))
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"data = '\xff\xfe'")
    assert "cannot be read" in complaint(latin)


def test_a_variable_that_is_no_json_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHANGKONG_ROOMS", "not json")
    message = complaint(None)
    assert "rooms" in message
    assert "environment" in message


def test_a_wrong_variable_is_blamed_on_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHANGKONG_CONSOLE__PORT", "many")
    assert "`console.port` in the environment" in complaint(None)


def test_one_room_twice_is_refused(write: Write) -> None:
    room = '\n[[rooms]]\nplatform = "telegram"\nid = "-100300"\ntoken = "789:x"\n'
    assert "telegram:-100300 is named twice" in complaint(write(FULL + room))


@pytest.mark.parametrize("other", ["123:cards-secret", "456:room-secret"])
def test_one_telegram_token_for_two_uses_is_refused(write: Write, other: str) -> None:
    room = f'\n[[rooms]]\nplatform = "telegram"\nid = "-100400"\ntoken = "{other}"\n'
    message = complaint(write(FULL + room))
    assert "409" in message
    assert "secret" not in message


def test_the_public_pages_are_this_machines_until_viewers_have_an_address(write: Write) -> None:
    assert load(write(FULL)).public.host == "127.0.0.1"
    message = complaint(write(FULL + '\n[public]\nhost = "0.0.0.0"\n'))
    assert "`public.base_url`" in message
    opened = load(write(FULL + '\n[public]\nhost = "0.0.0.0"\nbase_url = "https://draws.example"\n'))
    assert opened.public.base_url == "https://draws.example"
    assert load(write(FULL + '\n[public]\nhost = "0.0.0.0"\nenabled = false\n')).public.enabled is False
    assert load(write(FULL + '\n[public]\nhost = "::1"\n')).public.host == "::1"


@pytest.mark.parametrize(
    "address",
    [
        "draws.example",
        "https://draws.example/d",
        "javascript:alert(1)",
        "https://u@draws.example",
        "https://a b",
    ],
)
def test_an_address_for_viewers_is_a_plain_one(write: Write, address: str) -> None:
    assert "public.base_url" in complaint(write(FULL + f'\n[public]\nbase_url = "{address}"\n'))
