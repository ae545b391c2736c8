"""The signature of open-live requests, for our calls and for the practice server that checks them.

String to sign: the six `x-bili-` headers in alphabetical order as `name:value`, joined by line feeds, without
one at the end. Authorization: lower-case hex HMAC-SHA256 of it with the secret. Source: the open-live
documentation; vector in `tests/vectors/bilibili.json`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

METHOD = "HMAC-SHA256"
VERSION = "1.0"
SIGNED = (
    "x-bili-accesskeyid",
    "x-bili-content-md5",
    "x-bili-signature-method",
    "x-bili-signature-nonce",
    "x-bili-signature-version",
    "x-bili-timestamp",
)


def content_md5(body: bytes) -> str:
    """Hex MD5 of the exact body bytes; the platform's choice, it guards nothing here."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def authorization(headers: Mapping[str, str], secret: str) -> str:
    """The signature over the six headers (a missing one counts as empty)."""
    text = "\n".join(f"{name}:{headers.get(name, '')}" for name in SIGNED)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def signed_headers(
    body: bytes, *, access_key: str, secret: str, nonce: str, timestamp_s: int
) -> dict[str, str]:
    """All headers of a request whose body is exactly `body`. `nonce` is never used twice; time in seconds
    since 1970."""
    headers = {
        "x-bili-accesskeyid": access_key,
        "x-bili-content-md5": content_md5(body),
        "x-bili-signature-method": METHOD,
        "x-bili-signature-nonce": nonce,
        "x-bili-signature-version": VERSION,
        "x-bili-timestamp": str(timestamp_s),
    }
    headers["Authorization"] = authorization(headers, secret)
    headers["Content-Type"] = "application/json"
    headers["Accept"] = "application/json"
    return headers
