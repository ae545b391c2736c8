from __future__ import annotations

import json
from pathlib import Path

from bot.rooms.bilibili_signing import authorization, signed_headers

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "bilibili.json").read_text(encoding="utf-8"))[
    "open_live_signature"
]


def test_vector():
    headers = signed_headers(
        VECTOR["body"].encode(),
        access_key="AKID_TEST",
        secret=VECTOR["secret"],
        nonce="000102030405060708090a0b0c0d0e0f",
        timestamp_s=1755000000,
    )
    assert VECTOR["headers"].items() <= headers.items()
    assert headers["Authorization"] == VECTOR["authorization"]
    assert headers["Content-Type"] == headers["Accept"] == "application/json"


def test_every_signed_header_counts():
    for name, value in VECTOR["headers"].items():
        assert (
            authorization(VECTOR["headers"] | {name: value + "x"}, VECTOR["secret"])
            != VECTOR["authorization"]
        )
