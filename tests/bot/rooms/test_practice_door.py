"""The practice server's door: every code the platform documents for a wrong request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.rooms.bilibili_signing import authorization, signed_headers
from bot.rooms.practice_door import Door, throw_away_credentials

NOW = 1_755_000_000


class Visitor:
    """A signed caller with a clock of its own."""

    def __init__(self) -> None:
        self.steady = 0.0
        self.credentials = throw_away_credentials()
        self.door = Door(self.credentials, room_id=7, now_s=lambda: NOW, steady=lambda: self.steady)
        self.nonce = 0

    def headers(self, body: bytes, **changed: str) -> dict[str, str]:
        self.nonce += 1
        signed = signed_headers(
            body,
            access_key=self.credentials.access_key,
            secret=self.credentials.secret,
            nonce=str(self.nonce),
            timestamp_s=NOW,
        )
        headers = {name.lower(): value for name, value in signed.items()}
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        if "authorization" not in changed:
            headers["authorization"] = authorization(headers, self.credentials.secret)
        return headers

    def call(self, path: str, body: object, **changed: str) -> dict[str, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.door.answer(f"/v2/app/{path}", self.headers(content, **changed), content, "ws://x/sub")

    def start(self) -> dict[str, Any]:
        return self.call("start", {"code": self.credentials.code, "app_id": self.credentials.app_id})


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_start_gives_what_the_platform_gives(visitor: Visitor):
    answer = visitor.start()
    assert answer["code"] == 0
    assert answer["data"]["websocket_info"]["wss_link"] == ["ws://x/sub"]
    assert answer["data"]["anchor_info"]["room_id"] == 7
    token = json.loads(answer["data"]["websocket_info"]["auth_body"])["key"]
    assert visitor.door.session_of(token) == answer["data"]["game_info"]["game_id"]
    assert visitor.door.session_of(token + "x") is None
    assert visitor.door.session_of("") is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"content_type": "text/plain"}, 4011),
        ({"accept": "*/*"}, 4013),
        ({"x_bili_content_md5": "0" * 32}, 4012),
        ({"x_bili_accesskeyid": "other"}, 4001),
        ({"x_bili_signature_method": "HMAC-MD5"}, 4005),
        ({"x_bili_signature_version": "2.0"}, 4006),
        ({"x_bili_timestamp": str(NOW - 601)}, 4003),
        ({"x_bili_timestamp": "soon"}, 4003),
        ({"authorization": "0" * 64}, 4002),
        ({"x_bili_signature_nonce": ""}, 4004),
    ],
)
def test_each_check_of_the_signature(visitor: Visitor, changed: dict[str, str], code: int):
    body = {"code": visitor.credentials.code, "app_id": visitor.credentials.app_id}
    assert visitor.call("start", body, **changed)["code"] == code


def test_nonce_is_good_once(visitor: Visitor):
    assert visitor.call("heartbeat", {}, x_bili_signature_nonce="n")["code"] == 7003
    assert visitor.call("heartbeat", {}, x_bili_signature_nonce="n")["code"] == 4004


def test_wrong_parameters(visitor: Visitor):
    good = {"code": visitor.credentials.code, "app_id": visitor.credentials.app_id}
    assert visitor.call("start", b"[")["code"] == 4000
    assert visitor.call("start", good | {"code": "X"})["code"] == 7007
    assert visitor.call("start", good | {"app_id": 1})["code"] == 4008
    assert visitor.call("stop", good)["code"] == 4010


def test_heartbeat_keeps_a_session_and_silence_ends_it(visitor: Visitor):
    game_id = visitor.start()["data"]["game_info"]["game_id"]
    visitor.steady = 50
    assert visitor.call("heartbeat", {"game_id": game_id})["code"] == 0
    visitor.steady = 109
    assert visitor.call("batchHeartbeat", {"game_ids": [game_id, "x"]})["data"] == {"failed_game_ids": ["x"]}
    visitor.steady = 170
    assert visitor.call("heartbeat", {"game_id": game_id})["code"] == 7003


def test_batch_limits(visitor: Visitor):
    assert visitor.call("batchHeartbeat", {"game_ids": ["a", "a"]})["code"] == 7005
    assert visitor.call("batchHeartbeat", {"game_ids": [str(n) for n in range(201)]})["code"] == 7004


def test_end(visitor: Visitor):
    game_id = visitor.start()["data"]["game_info"]["game_id"]
    body = {"app_id": visitor.credentials.app_id, "game_id": game_id}
    assert visitor.call("end", body)["code"] == 0
    assert visitor.call("end", body)["code"] == 7000


def test_sixth_session_is_refused(visitor: Visitor):
    assert [visitor.start()["code"] for _ in range(6)] == [0] * 5 + [7002]
    visitor.steady = 61
    assert visitor.start()["code"] == 0


def test_credentials_are_new_each_time():
    first, second = throw_away_credentials(), throw_away_credentials()
    assert first.secret != second.secret
    assert len(str(first.app_id)) == 13
