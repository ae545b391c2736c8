"""Coming in: passwords, one-time links, the session cookie, CSRF tokens, the limit on tries.

The session is a signed cookie: who, since when, last seen. It says nothing about roles: those are read from the store
on each request, so that a closed account is out at once. A second signed cookie names the browser and stays when its
people log out, so that who logs in anew does not sit at another screen. Passwords are checked in a thread (argon2 takes
its time).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, replace

import anyio.to_thread
from itsdangerous import BadData, URLSafeSerializer
from pwdlib import PasswordHash

from bot.console.errors import TooMany

COOKIE = "ck_session"
PRE_COOKIE = "ck_pre"
ONCE_COOKIE = "ck_once"
SCREEN_COOKIE = "ck_screen"
SCREEN_S = 400 * 24 * 3600
"""A browser is known for so long after its last log-in; browsers allow no more."""
ABSOLUTE_MS = 16 * 3600 * 1000
"""A session ends after this however busy it is: longer than any show."""

TRIES, WINDOW_MS = 8, 5 * 60 * 1000
"""Failed log-ins allowed per name and per address within the window."""

_hasher = PasswordHash.recommended()
_NOBODY = _hasher.hash(secrets.token_hex(16))


async def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return await anyio.to_thread.run_sync(_hasher.hash, password)


async def check_password(password: str, hashed: str | None) -> bool:
    """Whether the password fits. With `hashed` None it takes as long and is False, so names cannot be probed."""
    try:
        fits = await anyio.to_thread.run_sync(_hasher.verify, password, hashed or _NOBODY)
    except Exception:  # a hash from elsewhere, or text that cannot be encoded: no log-in, no crash
        return False
    return fits and hashed is not None


@dataclass(frozen=True, slots=True)
class Login:
    """What the session cookie holds. Times are wall-clock ms. `browser` is what the browser's own cookie names it, ""
    where it has none."""

    person_id: str
    sid: str
    since_ms: int
    seen_ms: int
    browser: str = ""


class Sessions:
    """Makes and reads session cookies. Revoked ones are remembered in this process until they would be too old."""

    def __init__(self, secret_key: bytes, idle_minutes: int) -> None:
        if len(secret_key) < 32:
            raise ValueError("The console's secret key must have at least 32 bytes; make a new one.")
        self._serializer = URLSafeSerializer(secret_key, salt="changkong/session")
        self._screens = URLSafeSerializer(secret_key, salt="changkong/screen")
        self._csrf_key = hmac.digest(secret_key, b"changkong/csrf", "sha256")
        self._idle_ms = idle_minutes * 60_000
        self._revoked: OrderedDict[str, int] = OrderedDict()

    @property
    def idle_s(self) -> int:
        """How long an unused session lives, in seconds."""
        return self._idle_ms // 1000

    def open(self, person_id: str, now_ms: int) -> Login:
        """A new session with an unguessable id."""
        return Login(person_id, secrets.token_urlsafe(18), now_ms, now_ms)

    def seal(self, login: Login) -> str:
        """The cookie's value."""
        return str(self._serializer.dumps([login.person_id, login.sid, login.since_ms, login.seen_ms]))

    def read(self, value: str | None, now_ms: int) -> Login | None:
        """The session of a cookie; None when forged, idle too long, too old or logged out."""
        if not value:
            return None
        try:
            person_id, sid, since_ms, seen_ms = self._serializer.loads(value)
            login = Login(str(person_id), str(sid), int(since_ms), int(seen_ms))
        except (BadData, ValueError, TypeError):
            return None
        if sid in self._revoked or now_ms - login.seen_ms > self._idle_ms:
            return None
        return None if now_ms - login.since_ms > ABSOLUTE_MS else login

    def screen(self, value: str | None) -> str:
        """The cookie to keep in a browser that brought `value`: the same name, or a new one when it has none."""
        return str(self._screens.dumps(self.browser(value) or secrets.token_urlsafe(18)))

    def browser(self, value: str | None) -> str:
        """The name in a browser's cookie; "" when there is none or it is forged."""
        try:
            name = self._screens.loads(value or "")
        except (BadData, ValueError):
            return ""
        return name if isinstance(name, str) else ""

    def renewed(self, login: Login, now_ms: int) -> Login | None:
        """The session with a fresh time of last use, when the old one is over a minute old; else None."""
        return replace(login, seen_ms=now_ms) if now_ms - login.seen_ms > 60_000 else None

    def revoke(self, login: Login, now_ms: int) -> None:
        """Log out: the cookie is worth nothing from now on, also a stolen copy of it."""
        self._revoked[login.sid] = now_ms
        while self._revoked and now_ms - next(iter(self._revoked.values())) > ABSOLUTE_MS:
            self._revoked.popitem(last=False)

    def csrf(self, bound_to: str) -> str:
        """The CSRF token bound to a session id (or to the cookie of somebody not yet logged in)."""
        return hmac.new(self._csrf_key, bound_to.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def csrf_fits(self, bound_to: str, token: str | None) -> bool:
        """Whether `token` belongs to `bound_to`, in constant time."""
        return bool(token) and hmac.compare_digest(
            self.csrf(bound_to).encode(), str(token).encode("utf-8", "replace")
        )


class Tries:
    """Counts failed log-ins per name and per address; at most `most` of each within the window."""

    def __init__(self, most: int = TRIES, window_ms: int = WINDOW_MS, remember: int = 10_000) -> None:
        self.most, self.window_ms, self.remember = most, window_ms, remember
        self._failed: OrderedDict[str, list[int]] = OrderedDict()

    def check(self, keys: tuple[str, ...], now_ms: int) -> None:
        """Raise TooMany when any of `keys` has used up its tries."""
        for key in keys:
            recent = [at for at in self._failed.get(key, ()) if now_ms - at < self.window_ms]
            if len(recent) >= self.most:
                wait = (self.window_ms - (now_ms - recent[-self.most])) // 1000 + 1
                raise TooMany("error.too_many", retry_after=max(1, wait))

    def failed(self, keys: tuple[str, ...], now_ms: int) -> None:
        """Count a failure. It is counted before the password is checked, so that many at once do not slip through."""
        for key in keys:
            recent = [at for at in self._failed.pop(key, ()) if now_ms - at < self.window_ms]
            self._failed[key] = [*recent, now_ms][-self.most :]
        while len(self._failed) > self.remember:
            self._failed.popitem(last=False)

    def passed(self, keys: tuple[str, ...]) -> None:
        """Forget the failures of `keys`: the right person has come in."""
        for key in keys:
            self._failed.pop(key, None)
