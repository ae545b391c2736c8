"""A show for the console's tests: a real store with a room, comments, cases, phrases and a draw, all made here.

The comments are judged by hand, so that nothing depends on models; everything behind is the real thing.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
from fastapi import FastAPI

from bot.app.complaints import Complaints, Standing
from bot.app.console_presets import ConsolePresets
from bot.app.speech import SpeechGate
from bot.app.stored import stored_shop
from bot.comment import Comment, RoomKey, Viewer
from bot.console.desk_port import RoomDesk
from bot.console.draw_port import DrawAside
from bot.console.feed import Feed
from bot.console.poll_port import PollBoard
from bot.console.ports import ConsolePorts, RoomStatus
from bot.console.server import create_console
from bot.console.stored import StoredDesk
from bot.console.stored_effect import StoredEffect
from bot.console.stored_goods import StoredShelf
from bot.console.stored_shelf import Sources
from bot.console.views import DrawRow, Product
from bot.decision import Capabilities
from bot.draws.alts import Flag
from bot.draws.barred import BarredLists
from bot.errors import NotAllowed
from bot.pipeline import Batch, Input, fold
from bot.policy import Handbook, Instruction, RoomState
from bot.storage.effects import EffectReadings
from bot.storage.engine import Store, open_store
from bot.storage.journal import Journal
from bot.storage.readings import Readings
from classifiers.cascade import Cascade
from classifiers.verdict import Faq, Hit, Negative, Purchase, Verdict, Versions
from lottery import beacon as beacons
from lottery import life
from lottery.errors import RuleError
from lottery.life import Finished, Place
from lottery.roster import Exclusions, Roster
from lottery.rules import Prize, Problem, RuleSheet, preflight
from lottery.signer import SigningKey
from replies import practice
from replies.facts import Shop
from tests.bot.console.desk_show import desk_of

ROOM = "practice:1"
ANSWER_SALT = bytes(range(32))
START = 1_790_000_000_000
HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> "
    "=cmd|' /C calc'!A0 \x1b[31m\u202eabc\ud800 {{7*7}} \x00"
)
VERSIONS = Versions("model-7f3a91", "rules-2026.11", "norm-3")

Line = tuple[str, str, dict[str, object]]
"""Viewer, text, what the judge says."""

LINES: tuple[Line, ...] = (
    ("小满", "主播晚上好呀", {}),
    ("橘子汽水", "3号链接多少钱", {"faq": "price"}),
    ("阿紫", "多少米 3号", {"faq": "price"}),
    ("momo", "敏感肌能用吗", {"faq": "suitability"}),
    ("一只柚", "买了两盒 还没发货 客服也不回", {"negative": ("logistics", 2)}),
    ("路过", "加薇❤ abc123 便宜一半", {"hit": ("D01", 0, 3, "加微信")}),
    ("夏天", "拍了拍了 今天能发吗", {"faq": "shipping_time", "purchase": 3}),
    ("夏天2", "今天能发吗？", {"faq": "shipping_time"}),
    ("清风", "怎么又抽不到我啊", {}),
    ("阿九", "用了两天脸上全是红疹 你们这个有问题吧", {"negative": ("quality", 3), "health": True}),
    ("不二", "这个能配明年那台新的吗", {"unsure": True}),
    ("小鹿", "这个能配明年那台新的吗", {"unsure": True}),
    ("哈哈", "这是全网最便宜的", {"hit": ("A01", 2, 6, "最便宜")}),
    ("晚风", "666", {}),
    ("江江", "抽奖", {}),
    ("北北", "骗子 上次的赠品根本没给", {"negative": ("deception", 2)}),
    ("Lena", "do you ship to Xinjiang? 新疆发吗", {"faq": "shipping_fee", "purchase": 1}),
    ("橙", "这款会起球吗", {"faq": "material"}),
    (
        HOSTILE[:30],
        HOSTILE + " 有问题吗",
        {"unsure": True, "negative": ("abuse", 2), "hit": ("U01", 0, 8, "<b>x</b>")},
    ),
)


def judge_line(text: str) -> Verdict:
    """The verdict LINES asks for."""
    said = next((asked for _, line, asked in LINES if line == text), {})
    faq, kind, hit = said.get("faq"), said.get("negative"), said.get("hit")
    normal = text.replace("？", "").strip()
    if said.get("unsure"):
        normal += "吗"
    return Verdict(
        faq=Faq(str(faq), 0.97) if faq else None,
        purchase=Purchase(int(said.get("purchase", 0)), 0.5),  # type: ignore[call-overload]
        negative=Negative(kind[0], kind[1], 0.9, {kind[0]: 0.9}) if isinstance(kind, tuple) else Negative(),
        banned=(Hit(hit[0], hit[1], hit[2], text[hit[1] : hit[2]], hit[3], f"{hit[0]}-0007"),)
        if isinstance(hit, tuple)
        else (),
        versions=VERSIONS,
        normal=normal,
        health=bool(said.get("health")),
    )


SHEET = RuleSheet(
    title="晚场感谢抽奖",
    prizes=(
        Prize("一等奖", "山茶花礼盒", 1, 29_900),
        Prize("二等奖", "五元无门槛券", 2, 500, "coupon", "满 5.01 元可用，30 天内有效"),
    ),
    keyword="抽奖",
    entry_conditions="年满 18 周岁；每个账号一次",
    entry_method="直播间发送口令",
    claim_conditions="中奖账号本人",
    claim_method="联系客服出示代号",
    delivery="七日内快递寄出，包邮",
    forfeiture="逾期未领视为放弃，由候补递补",
    organiser="示例小店",
    contact="shop@example.com",
    minors="未成年人须经监护人同意",
    price_basis="同款商品页标价",
    reserves=1,
)


@dataclass
class PaperDraws:
    """Draws kept in memory, made with the real rules and records of the lottery."""

    rows: dict[str, DrawRow] = field(default_factory=dict)
    records: dict[str, dict[str, object]] = field(default_factory=dict)
    proofs: dict[str, bytes] = field(default_factory=dict)
    acts: list[tuple[str, ...]] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)
    now: int = START
    lists: BarredLists = field(default_factory=BarredLists)
    found: tuple[Flag, ...] = ()
    voidable: tuple[str, ...] = ("failure",)

    async def latest(self, room: str) -> Mapping[str, object] | None:
        return next(reversed(self.records.values()), None)

    async def aside(self, draw_id: str) -> DrawAside | None:
        row = self.rows.get(draw_id)
        if row is None:
            return None
        return DrawAside(row.entries, row.refused, self.voidable)

    async def check(self, room: str, sheet: Mapping[str, object]) -> Sequence[Problem]:
        fields = {name: value for name, value in sheet.items() if name != "preset"}
        return preflight(RuleSheet(**fields), str(sheet["preset"]))  # type: ignore[arg-type]

    async def flags(self, draw_id: str, *, by: str) -> Sequence[Flag]:
        self.acts.append(("flags", draw_id, by))
        return self.found

    async def barred(self, merchant: str | None) -> BarredLists:
        return self.lists

    async def save_barred(self, merchant: str | None, lists: BarredLists, *, by: str) -> None:
        self.lists = lists
        self.acts.append(("barred", merchant or "", by))

    async def list(self) -> Sequence[DrawRow]:
        return list(self.rows.values())

    async def show(self, draw_id: str) -> Mapping[str, object] | None:
        return self.records.get(draw_id)

    async def announce(self, room: str, sheet: Mapping[str, object], *, by: str, key: str) -> str:
        if key in self.done:
            return self.done[key]
        fields = {name: value for name, value in sheet.items() if name != "preset"}
        rules, preset = RuleSheet(**fields), str(sheet["preset"])  # type: ignore[arg-type]
        if found := preflight(rules, preset):
            raise RuleError("The rule sheet may not be announced.", found)
        draw_id = self.add(rules, f"draw-{len(self.rows) + 1}", preset=preset)
        self.acts.append(("announce", room, by))
        self.done[key] = draw_id
        return draw_id

    def add(
        self,
        sheet: RuleSheet,
        draw_id: str,
        *,
        preset: str = "practice",
        entrants: int = 40,
        close: bool = False,
        finish: bool = False,
    ) -> str:
        key = SigningKey.from_seed(bytes(32))
        place = Place("practice", "1", len(self.rows) + 1)
        announced = life.announce(
            sheet, draw_id, place, bytes(32), key, self.now, preset, answer_salt=ANSWER_SALT
        )
        terms = announced.record.terms
        assert terms is not None
        record: dict[str, object] = {
            "draw_id": draw_id, "room": ROOM, "state": "open", "commitment": announced.to_json(), "closed": [],
            "entries": entrants, "refused": {"duplicate": 6, "late": 1}, "practice": announced.record.practice,
        }  # fmt: skip
        if finish or close:
            answer = life.answer_of(sheet, ANSWER_SALT)
            roster = Roster.of([(bytes([n]) * 32, 1) for n in range(1, entrants + 1)])
            if announced.record.valued:
                roster = Roster.valued([(bytes([n]) * 32, n) for n in range(1, entrants + 1)])
            closed = life.close(announced, roster, Exclusions.of({}), terms.close_at, key, answer=answer)
            record |= {"state": "beacon", "closed": [closed.to_json()]}
        if finish:
            value = beacons.practice_beacon(announced.record.beacon.round)
            due = announced.record.beacon.due_ms
            end = life.finish(announced, [closed], roster, value, due, key)  # type: ignore[list-item]
            assert isinstance(end, Finished)
            winners = [
                {"position": at, "pseudonym": (bytes([at + 1]) * 32).hex(), "name": "橘子汽水"}
                for at in (*end.drawn.record.winners, *end.drawn.record.reserves)
            ]
            record |= {
                "state": "claim", "closed": [closed.to_json()], "drawn": end.drawn.to_json(), "winners": winners,
            }  # fmt: skip
            self.proofs[draw_id] = end.proof.to_bytes()
        self.records[draw_id] = record
        self.rows[draw_id] = DrawRow(
            draw_id, ROOM, place.sequence, sheet.title, str(record["state"]), terms.open_at, terms.close_at,
            announced.record.beacon.due_ms, entrants, {"duplicate": 6, "late": 1}, announced.record.practice,
            kind=sheet.kind,
        )  # fmt: skip
        return draw_id

    async def void(self, draw_id: str, reason: str, *, by: str, key: str) -> str:
        if draw_id not in self.rows:
            raise NotAllowed("There is no such draw.")
        if key not in self.done:
            self.done[key] = f"draw:{draw_id}"
            self.acts.append(("void", draw_id, reason, by))
        return self.done[key]

    async def paste_beacon(self, draw_id: str, text: str, *, by: str, key: str) -> str:
        value = beacons.parse_relay(text)
        commitment = self.records[draw_id]["commitment"]["record"]["beacon"]  # type: ignore[index]
        beacons.verify(value, commitment["round"], commitment["chain_hash"])
        self.acts.append(("beacon", draw_id, by))
        return f"draw:{draw_id}"

    async def proof_bytes(self, draw_id: str) -> bytes | None:
        return self.proofs.get(draw_id)


@dataclass
class StorePolls:
    """Polls of the room, over the store and told at once."""

    show: Callable[[], Show]

    async def running(self, room: str) -> PollBoard | None:
        return next((one for one in await self.past(room, 1) if one.closed_ms is None), None)

    async def past(self, room: str | None, limit: int) -> Sequence[PollBoard]:
        rows = self.show().journal.polls(room, None, limit)
        return [
            PollBoard(
                one.id, one.room, one.question, one.options, one.votes, one.opened_ms, one.closed_ms, one.by
            )
            for one in rows
        ]

    async def start(self, room: str, question: str, options: Sequence[str], *, by: str) -> str:
        show = self.show()
        opened = show.journal.open_poll(
            room, show.state.session, question, tuple(options), at_ms=show.time[0], by=by
        )
        await show.ports.instruct(room, Instruction("poll_open", by, {"poll": msgspec.to_builtins(opened)}))
        return opened.poll_id

    async def close(self, room: str, poll_id: str, *, by: str) -> None:
        show = self.show()
        await show.ports.instruct(room, Instruction("poll_close", by, {"poll_id": poll_id}))
        show.journal.close_poll(poll_id, at_ms=show.time[0], by=by)


@dataclass
class Show:
    """Everything a test may look at."""

    store: Store
    journal: Journal
    readings: Readings
    feed: Feed
    draws: PaperDraws
    app: FastAPI
    ports: ConsolePorts
    state: RoomState
    told: list[Instruction]
    time: list[int]
    wall: list[int]
    goods_told: list[int]
    questions_told: list[int]
    names: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def commit(self, inputs: Sequence[Input]) -> Batch:
        """Judge, decide and commit, then tell the pages, as the application does."""
        batch = fold(
            self.state, inputs, judge=lambda texts: [judge_line(one) for one in texts], handbook=HANDBOOK,
            new_id=lambda: f"show{next(self.names)}", clock_source="practice",
        )  # fmt: skip
        committed = self.journal.commit(batch)
        self.state = batch.state
        self.time[0] = batch.now_ms
        self.feed.announce(batch, committed.case_ids)
        return batch

    def client(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A browser without cookies. Nothing leaves the process."""
        transport = httpx.ASGITransport(self.app, client=(address, 40000))
        return httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers={"accept": "text/html,*/*"}
        )

    async def enter(self, login: str) -> httpx.AsyncClient:
        """A browser logged in through a one-time link."""
        client = self.client()
        token = self.journal.make_login_link(login, self.ports.wall_ms())
        await client.get(f"/login/once?t={token}", follow_redirects=True)
        page = await client.get("/login/once")
        answer = await client.post("/login/once", data={"_csrf": csrf_of(page.text)})
        assert answer.status_code == 303, answer.text
        return client

    def close(self) -> None:
        self.journal.close()
        self.store.close()


PRODUCTS = tuple(Product(one.id, one.name, str(one.slot)) for one in practice.shop().products)
HANDBOOK = Handbook(practice.library(), Capabilities(reply=True), practice=True)


def csrf_of(page: str) -> str:
    """The CSRF token of the first form, or of the page's header for scripts."""
    found = re.search(r'name="_csrf" value="([0-9a-f]{64})"', page) or re.search(
        r'"X-CSRF-Token":"([0-9a-f]{64})"', page
    )
    assert found, page[:2000]
    return found[1]


def comment(text: str, who: str = "观众", at_ms: int = START, uid: str | None = None) -> Comment:
    return Comment(RoomKey.parse(ROOM), Viewer(uid or f"u-{abs(hash(who)) % 10**8}", who), text, at_ms, at_ms)


def open_show(
    folder: Path, *, lines: Sequence[Line] = LINES, hosts: tuple[str, ...] = ("127.0.0.1",)
) -> Show:
    """The store under `folder` with people of every role, the practice library and LINES as one batch."""
    store = open_store(folder)
    time = [START]
    wall = [START + 7_000_000]
    journal = Journal(store, lambda: wall[0], clock_source="practice")
    for role in ("viewer", "moderator", "operator", "compliance", "admin"):
        journal.add_person(role, {"moderator": "小周", "operator": "阿场"}.get(role, role), role)
    journal.add_person("moderator2", "老王", "moderator")
    journal.seed_practice_library(
        [{**dataclasses.asdict(one), "digest": one.digest} for one in HANDBOOK.library]
    )
    readings, feed, draws = Readings(store, journal), Feed(), PaperDraws()
    told: list[Instruction] = []
    goods_told: list[int] = []
    questions_told: list[int] = []
    holder: list[Show] = []
    desks: dict[str, RoomDesk] = {}

    async def instruct(room: str, instruction: Instruction) -> None:
        told.append(instruction)
        holder[0].commit([instruction])

    def rooms() -> list[RoomStatus]:
        state = holder[0].state
        return [
            RoomStatus(
                ROOM, state.session, "live", START, time[0], 12, 0, 0, 0, "practice",
                {"model": VERSIONS.model, "rulebook": VERSIONS.rulebook}, True, state.replies_on, state.on_show, True,
                "off", "演练直播间", PRODUCTS,
            )
        ]  # fmt: skip

    def standing(room: str) -> Standing | None:
        return Standing(holder[0].state, HANDBOOK, time[0]) if room == ROOM else None

    complaints = Complaints(journal, SpeechGate(cascade), standing)
    shelf = shelf_of(journal, readings, feed, goods_told, questions_told)
    ports = ConsolePorts(
        desk=StoredDesk(
            journal, readings, feed, lambda: time[0], wall=lambda: wall[0], vetted=complaints.answer,
        ), draws=draws, feed=feed,
        rooms=rooms, room_desk=desks.get, instruct=instruct, now_ms=lambda: time[0], wall_ms=lambda: wall[0],
        secret_key=b"k" * 32, hosts=hosts, version="test", shelf=shelf,
        effect=StoredEffect(EffectReadings(store, journal), shelf.products),
        presets=ConsolePresets(journal, lambda: wall[0]), polls=StorePolls(lambda: holder[0]),
    )  # fmt: skip
    state = empty_room()
    show = Show(
        store, journal, readings, feed, draws, create_console(ports), ports, state, told, time, wall, goods_told,
        questions_told,
    )  # fmt: skip
    holder.append(show)
    desks[ROOM] = desk_of(show, ROOM)
    if lines:
        show.commit([comment(text, who, START + n * 700) for n, (who, text, _) in enumerate(lines)])
    return show


def shelf_of(
    journal: Journal, readings: Readings, feed: Feed, goods_told: list[int], questions_told: list[int]
) -> StoredShelf:
    """The shelf over the real store, with the shipped rule book and the model as they are used in a show."""
    gate = SpeechGate(cascade)

    def shop(merchant: str | None) -> Shop:
        found, _ = stored_shop(journal.products(), journal.facts(), merchant)
        return found

    return StoredShelf(Sources(
        journal, readings, feed, gate, shop, cascade, shop_changed=lambda: goods_told.append(1),
        questions_changed=lambda: questions_told.append(1),
    ))  # fmt: skip


@functools.cache
def cascade() -> Cascade:
    """The shipped judges, loaded once for all tests."""
    return Cascade.load()


def empty_room() -> RoomState:
    """A room with the practice shop and nothing on show."""
    return RoomState(RoomKey.parse(ROOM), shop=practice.shop())
