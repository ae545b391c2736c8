"""A draw that has been drawn, on a real store: entries, lists, records and places, without a room running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.comment import RoomKey
from bot.draws.claims import ClaimBook
from bot.draws.lists import lists_of
from bot.draws.salts import Salts
from bot.policy import RoomState
from bot.storage.canonical import AUDITED
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from bot.storage.vault import encrypt_uid
from lottery import life
from lottery.beacon import practice_beacon
from lottery.entry import entry_salt, pseudonym
from lottery.life import Finished, Place
from lottery.rules import Prize, RuleSheet
from lottery.signer import SigningKey
from tests.bot.stores import commit, journal_in
from tests.builders import NOON, ROOM, SHOP, comment

SALT = bytes(range(32))
SEED = bytes(range(1, 33))
DAY = 86_400_000
KEY = SigningKey.from_seed(SEED)
HOUR = 3_600_000


def sheet(prizes: Sequence[Prize], reserves: int) -> RuleSheet:
    """A complete sheet: entries from noon + 30 s to noon + 90 s, claims within an hour."""
    return RuleSheet(
        title="九点抽奖", prizes=tuple(prizes), keyword="好运", entry_conditions="观众均可，每个账号一次",
        entry_method="发送好运", claim_conditions="中奖账号本人", claim_method="打开公示页兑奖", delivery="七日内寄出",
        forfeiture="逾期视为放弃，候补递补", organiser="练习店铺", contact="客服", minors="未满十八周岁须监护人同意",
        price_basis="标价", window_s=60, lead_s=30, reserves=reserves, claim_within_s=3600,
    )  # fmt: skip


GOODS = (Prize("一等奖", "大衣", 1, 39900), Prize("二等奖", "洁面乳", 2, 5900))
COUPONS = (Prize("券", "十元券", 3, 1000, "coupon", "满百可用"),)


class PrizeStage:
    """`viewers` are the uids that entered; `refused` uid to reason. `now` is the clock of claims."""

    def __init__(
        self, journal: Journal, prizes: Sequence[Prize] = GOODS, *, viewers: int = 8, reserves: int = 3,
        refused: Mapping[str, str] | None = None, draw_id: str = "draw-1-aaaa", room: RoomKey = ROOM,
        drawn: bool = True,
    ) -> None:  # fmt: skip
        self.journal = journal
        self.draw_id = draw_id
        self.room = room
        self.viewers = [f"u{number}" for number in range(viewers)]
        self.announced = life.announce(
            sheet(prizes, reserves),
            draw_id,
            Place(room.platform, room.room_id, 1),
            SALT,
            KEY,
            NOON,
            "practice",
        )
        self.terms = self.announced.record.terms
        assert self.terms is not None
        self._entries(dict(refused or {}))
        self.drawn_at = self.announced.record.beacon.due_ms
        self.now = self.drawn_at + 1_000
        body: dict[str, Any] = {
            "commitment": self.announced.to_json(),
            "closed": [],
            "last_hash": self.announced.hash,
        }
        secret = {"salt": SALT.hex(), "signer": SEED.hex(), "staff": []}
        self.row = DrawRow(draw_id, str(room), "s1", 1, "open", body, secret)
        journal.save_draw(self.row, by="test")
        if drawn:
            self.draw()
        self.book = ClaimBook(journal)

    def _entries(self, refused: dict[str, str]) -> None:
        said = [
            comment("好运", uid=uid, name=f"名{uid}", at=40_000 + at)
            for at, uid in enumerate([*self.viewers, *refused])
        ]
        _, done = commit(self.journal, RoomState(ROOM, shop=SHOP), *said)
        with self.journal.deed() as deed:
            rows = []
            for one, comment_id in zip(said, done.comment_ids, strict=True):
                uid = one.viewer.uid
                assert uid is not None
                subject = self.journal.vault.viewer(self.room.platform, uid)
                salt = entry_salt(SALT, self.room.platform, uid)
                number = deed.next_id("draw_entry")
                key = self.journal.vault.load(deed.conn, [subject])[subject]
                row = {
                    "id": number, "draw_id": self.draw_id,
                    "uid_cipher": encrypt_uid(key, uid, f"draw_entry/{number}"), "subject_id": subject,
                    "pseudonym": pseudonym(salt, self.draw_id, self.room.platform, uid), "entry_salt": salt,
                    "comment_id": comment_id, "at_ms": one.at_ms, "refused": refused.get(uid), "value": None, "wave": 0,
                }  # fmt: skip
                rows.append(
                    deed.put("draw_entry", {name: row[name] for name in AUDITED["draw_entry"].columns})
                )
            deed.record(str(self.room), "batch", {}, rows)

    def close(self) -> None:
        """The list is out, the winners are not."""
        lists = lists_of(self.journal, self.row)
        closed = life.close(self.announced, lists.roster, lists.exclusions, self.terms.close_at + 1, KEY)
        body = {**self.row.body, "closed": [closed.to_json()], "last_hash": closed.hash}
        self._save("challenge", body)
        self.lists, self.closed = lists, closed

    def draw(self) -> None:
        """The winners are drawn."""
        self.close()
        beacon = practice_beacon(self.announced.record.beacon.round)
        done = life.finish(self.announced, [self.closed], self.lists.roster, beacon, self.drawn_at, KEY)
        assert isinstance(done, Finished)
        record = done.drawn.record
        chosen = [
            {"place": place, "position": at, "pseudonym": self.lists.roster.leaves[at][:32].hex()}
            for place, at in enumerate((*record.winners, *record.reserves), 1)
        ]
        body = {
            **self.row.body,
            "drawn": done.drawn.to_json(),
            "last_hash": done.drawn.hash,
            "chosen": chosen,
        }
        self._save("claim", body)

    def _save(self, state: str, body: dict[str, Any]) -> None:
        self.row = DrawRow(self.draw_id, str(self.room), "s1", 1, state, body, self.row.secret)
        self.journal.save_draw(self.row, by="test")

    def uid(self, place: int) -> str:
        """Whose place it is."""
        name = self.row.body["chosen"][place - 1]["pseudonym"]
        for uid in self.viewers:
            salt = entry_salt(SALT, self.room.platform, uid)
            if pseudonym(salt, self.draw_id, self.room.platform, uid).hex() == name:
                return uid
        raise AssertionError(place)

    def say(self, uid: str, code: str, at: int | None = None) -> None:
        """`uid` types 兑奖 CODE in the room."""
        with self.journal.deed() as deed:
            number = deed.next_id("claim_said", "at_ms")
            row = {
                "comment_id": f"said-{number}-{uid}-{code}", "room": str(self.room),
                "subject_id": self.journal.vault.viewer(self.room.platform, uid),
                "code": self.journal.vault.code_mark("claim", code), "at_ms": self.now if at is None else at,
            }  # fmt: skip
            deed.record(str(self.room), "batch", {}, [deed.put("claim_said", row)])

    def bound(self, place: int) -> str:
        """The token of a page bound to a place by its winner."""
        token, view = self.book.begin(self.draw_id)
        self.say(self.uid(place), view.code)
        seen = self.book.view(self.draw_id, token, self.now)
        assert seen is not None
        assert (seen.state, seen.place) == ("bound", place)
        return token

    def states(self) -> list[str]:
        """The state of each place, in order."""
        return [row.state for row in self.journal.claims(self.draw_id)]


@contextmanager
def prize_stage(folder: Path, prizes: Sequence[Prize] = GOODS, **more: Any) -> Iterator[PrizeStage]:
    """A stage on a store of its own."""
    salts = Salts()
    with journal_in(folder, salts.entrant) as journal:
        yield PrizeStage(journal, prizes, **more)
