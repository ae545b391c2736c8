"""The storm, written out: who says what and when, and which question about which product it is. By seed, repeatable.

It begins at its worst: all 24 questions in one instant. Then 500 viewers go on for a minute, two comments in three a
question, the product on show changing every six seconds, so that most questions come about all ten products.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.storm_words import ASKS, CALLED, CHATTER, POINTING
from bot.comment import Comment, Event, Happening, RoomKey, Viewer
from replies import practice
from replies.facts import Product, Shop, load_shop

START_MS = 1_780_000_000_000
VIEWERS = 500
SPAN_MS = 60_000
COMMENTS = 3_600
ASKING = 2 / 3
"""The part of the comments that asks something."""
INSISTING = 20
"""Viewers who keep asking one and the same question, in one comment of ten."""
SWITCH_MS = 6_000
"""How long each product is on show."""

_HOUSEHOLD = (
    ("P7", "玻璃保温杯", ("保温杯", "杯子"), 7, "household",
     "79元", "200个", "容量480毫升", "双层玻璃，硅胶杯套", "灰色和米色"),
    ("P8", "纯棉四件套", ("四件套", "床单"), 8, "household",
     "239元", "90套", "适合1.8米床", "纯棉斜纹", "浅灰和豆绿"),
    ("P9", "竹柄晴雨伞", ("雨伞", "晴雨伞"), 9, "household",
     "65元", "300把", "伞面直径98厘米", "竹柄，聚酯伞面", "藏青和墨绿"),
    ("P10", "手持小风扇", ("小风扇", "风扇"), 10, "electronics",
     "49元", "260个", "手柄长12厘米", "ABS外壳", "白色和浅粉"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One comment of the storm. `intent` None where it asks nothing; `product` is the id of what it is about, None
    where it is about the shop. Times in ms of the show's clock."""

    number: int
    at_ms: int
    uid: str
    text: str
    intent: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Storm:
    """`lines` in the order of their times; `shown`: (time, product id) of each switch of the product on show."""

    lines: tuple[Line, ...]
    shown: tuple[tuple[int, str], ...]

    def events(self, room: RoomKey) -> Iterator[Event]:
        """What the room's adapter would hand in."""
        switches = list(self.shown)
        for line in self.lines:
            while switches and switches[0][0] <= line.at_ms:
                at_ms, product = switches.pop(0)
                yield Happening(room, "product", at_ms, at_ms, data={"id": product})
            viewer = Viewer(line.uid, f"观众{line.uid}")
            yield Comment(room, viewer, line.text, line.at_ms, line.at_ms, msg_id=f"m{line.number}")


def shop() -> Shop:
    """Ten products: the six of the practice shop, and four more."""
    first = practice.shop()
    rest = {
        "products": [
            {
                "id": id, "name": name, "aliases": aliases, "slot": slot, "klass": klass,
                "facts": {
                    "price": price, "price_basis": "券后单件价", "price_until": "本场直播有效", "stock": stock,
                    "coupon": "店铺券减5元", "size_advice": size, "material": material, "colors": colors,
                    "usage": "用前请看说明书", "suitability": "详情页写有适用人群", "authenticity": "附合格证",
                    "shelf_life": "没有保质期", "returns": "支持七天无理由退货", "warranty": "质量问题15天内可换",
                    "gift": "随单送收纳袋1个", "highlight": size,
                },
            }
            for id, name, aliases, slot, klass, price, stock, size, material, colors in _HOUSEHOLD
        ]
    }  # fmt: skip
    more = load_shop(json.dumps(rest, ensure_ascii=False)).products
    return Shop((*first.products, *more), None, first.facts)


def storm(seed: int, *, comments: int = COMMENTS, span_ms: int = SPAN_MS) -> Storm:
    """The storm of this seed: at least one comment for each question."""
    chance = random.Random(seed)
    goods = shop().products
    turns = [*goods]
    chance.shuffle(turns)
    shown = tuple(
        (START_MS + place * SWITCH_MS, turns[place % len(turns)].id)
        for place in range(-(-span_ms // SWITCH_MS))
    )
    first = [(START_MS, intent) for intent in chance.sample(sorted(ASKS), len(ASKS))]
    later = sorted(START_MS + chance.randrange(1, span_ms) for _ in range(comments - len(first)))
    asked: list[tuple[int, str | None]] = [*first]
    asked += [(at_ms, chance.choice(sorted(ASKS)) if chance.random() < ASKING else None) for at_ms in later]
    uids = [f"u{place}" for place in range(VIEWERS)]
    opening = chance.sample(uids, len(first))
    lines = []
    for number, (at_ms, intent) in enumerate(asked):
        uid = opening[number] if number < len(opening) else chance.choice(uids)
        if intent is not None and number >= len(opening) and chance.random() < 0.1:
            place = chance.randrange(INSISTING)
            uid, intent = uids[place], sorted(ASKS)[place]
        if intent is None:
            lines.append(Line(number, at_ms, uid, chance.choice(CHATTER)))
            continue
        on_show = [id for since, id in shown if since <= at_ms][-1]
        text, product = _asked(chance, intent, goods, on_show)
        lines.append(Line(number, at_ms, uid, text, intent, product))
    return Storm(tuple(lines), shown)


def _asked(
    chance: random.Random, intent: str, goods: tuple[Product, ...], on_show: str
) -> tuple[str, str | None]:
    """One wording of the question, and the product it is about."""
    wording = chance.choice(ASKS[intent])
    if "{" not in wording:
        return wording, None
    about = chance.choice(goods)
    ways = [(POINTING, on_show), (CALLED[about.id], about.id)]
    if "{p}" in wording:
        ways.append((f"{about.slot}号", about.id))
    said, product = chance.choice(ways)
    return wording.replace("{p}", said).replace("{n}", said), product
