"""A little show to store: batches with every kind of effect, made without judging anything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from bot.comment import Comment, Happening, RoomKey, Viewer
from bot.decision import CodeSaid, Decision, Entry, Escalation, Judged, Mask, Reply, Vote
from bot.pipeline import Applied, Batch, Placed, SessionChange
from bot.policy import Instruction, OpenDraw, RoomState
from classifiers.verdict import Asked, Faq, Hit, Negative, Purchase, Verdict, Versions

ROOM = RoomKey("bilibili", "22000001")
T0 = 1_763_712_000_000
VERSIONS = Versions("model-1", "rules-1", "normal-1")
SAID = ("这件多少钱", "加薇信领福利", "扣1抽奖", "这衣服掉色要退款", "主播好")


def entrant(draw_id: str, platform: str, uid: str) -> tuple[bytes, bytes]:
    """Stands in for the draws: salt and pseudonym from the names alone."""
    return b"s" * 16, hashlib.sha256(f"{draw_id}/{platform}/{uid}".encode()).digest()


def judged(
    seq: int, *, session: str = "s1", uid: str | None = "u1", words: str = "你好", at_ms: int | None = None,
    decision: Decision | None = None, verdict: Verdict | None = None, room: RoomKey = ROOM, edited: bool = False,
    name: str = "小王",
) -> Judged:  # fmt: skip
    at_ms = T0 + seq * 1_000 if at_ms is None else at_ms
    comment = Comment(
        room, Viewer(uid, name), words, at_ms, at_ms + 5, msg_id=f"{session}-m{seq}", line=seq + 1,
        frame_hash=hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest(), edited=edited,
    )  # fmt: skip
    plain = Verdict(None, Purchase(), Negative(), (), VERSIONS, normal=words)
    return Judged(session, seq, comment, verdict or plain, decision or Decision(), at_ms)


def reply(mode: str = "send", due_ms: int = T0) -> Reply:
    assert mode in ("send", "suggest")
    return Reply("p-1", "d" * 64, "price", "sku-1", "价格以购物车页面为准", mode, due_ms, due_ms + 20_000)


ESCALATED = Decision(escalation=Escalation(("C01", "D01"), 3, False), codes=("C01", "D01"), flagged=True)


def one_of_each(first: int = 0, session: str = "s1", draw_id: str = "draw-1") -> tuple[Judged, ...]:
    """Ten comments: answered, suggested, withheld, escalated, masked, entries taken and refused, nameless, hostile."""
    asked = Verdict(
        Faq("price", 0.91, (Asked("stock", 0.4),)), Purchase(2, 0.75), Negative(), (), VERSIONS, "这件多少钱"
    )
    hit = Hit("D01", 0, 3, "加薇信", "加微信", "D01-0001")
    banned = Verdict(None, Purchase(), Negative(), (hit,), VERSIONS, "加微信领福利")
    bad = Verdict(
        None, Purchase(), Negative("quality", 2, 0.9, {"quality": 0.9}), (hit,), VERSIONS, "x", rights=True
    )
    decisions: Sequence[tuple[str | None, str, Verdict | None, Decision]] = (
        ("u1", "这件多少钱", asked, Decision(reply=reply(), reasons=("send:price",))),
        ("u2", "这件多少钱啊", asked, Decision(reply=reply("suggest"), reasons=("suggest:price",))),
        ("u3", "有货吗", asked, Decision(withheld="no_phrase")),
        ("u4", "加薇信领福利", banned, Decision(mask=Mask("D01"), flagged=True, codes=("D01",))),
        ("u5", "掉色要退款", bad, ESCALATED),
        ("u1", "扣1", None, Decision(entry=Entry(draw_id))),
        ("u2", "扣1", None, Decision(entry=Entry(draw_id))),
        ("u1", "扣1", None, Decision(entry=Entry(draw_id, "duplicate"))),
        (None, "扣1", None, Decision(entry=Entry(draw_id, "unknown_viewer"))),
        ("u\ud800\0", "<script>\0\ud83d 'x; DROP TABLE comment", None, Decision(withheld="unsure")),
    )
    return tuple(
        judged(first + at, session=session, uid=uid, words=words, verdict=verdict, decision=decision)
        for at, (uid, words, verdict, decision) in enumerate(decisions)
    )


def taking_part(first: int, poll_id: str, draw_id: str = "draw-1", session: str = "s1") -> tuple[Judged, ...]:
    """Five comments: votes of two accounts, one of them twice, a code of one's own choice, and a claim code."""
    said: Sequence[tuple[str, str, Decision]] = (
        ("u1", "1", Decision(vote=Vote(poll_id, 1))),
        ("u2", "扣2", Decision(vote=Vote(poll_id, 2))),
        ("u1", "2", Decision(vote=Vote(poll_id, 2))),
        ("u1", "查询 AB12", Decision(code=CodeSaid("lookup", "AB12", draw_id))),
        ("u2", "兑奖 ABCD2345", Decision(code=CodeSaid("claim", "ABCD2345", draw_id))),
    )
    return tuple(
        judged(first + at, session=session, uid=uid, words=words, decision=decision)
        for at, (uid, words, decision) in enumerate(said)
    )


def batch(
    comments: Sequence[Judged], *, opened: bool = False, closed: bool = False, session: str = "s1",
    happenings: Sequence[Happening] = (), instructions: Sequence[Instruction] = (), duplicates: int = 0,
    draw: OpenDraw | None = None, room: RoomKey = ROOM,
) -> Batch:  # fmt: skip
    now_ms = max((one.now_ms for one in comments), default=T0)
    seq = comments[-1].seq + 1 if comments else 0
    state = RoomState(room, session, T0, closed, seq, now_ms, draw=draw)
    sessions = ()
    if opened:
        sessions += (SessionChange(session, room, T0, None, "first_event"),)
    if closed:
        sessions += (SessionChange(session, room, T0, now_ms, "live_end"),)
    return Batch(
        room, "replay", sessions, tuple(comments), tuple(Placed(session, one, now_ms) for one in happenings),
        tuple(Applied(session, one, now_ms) for one in instructions), duplicates, state,
    )  # fmt: skip


HAPPENINGS = (
    Happening(
        ROOM, "gift", T0, T0, Viewer("u1", "小王"), "g1", "ab", {"name": "小心心", "count": 3, "fen": 100}
    ),
    Happening(ROOM, "like", T0, T0, Viewer("u9", "路人"), None, "", {"count": 7}),
    Happening(ROOM, "speech", T0, T0, None, None, "", {"text": "三号链接今天有优惠", "who": "主播"}),
    Happening(ROOM, "gap", T0, T0, None, None, "", {"seconds": 12, "reason": "network"}),
    Happening(
        ROOM, "order", T0, T0, Viewer("u2"), "o1", "", {"product": "sku-1", "qty": 1, "phone": "13800000000"}
    ),
)
STAFFED_DRAW = OpenDraw("draw-1", "扣1", T0, T0 + 60_000, frozenset({"staff-uid-77"}))
INSTRUCTIONS = (
    Instruction("replies_off", "admin"),
    Instruction("draw_open", "admin", {"draw": msgspec.to_builtins(STAFFED_DRAW)}),
)


def full_show() -> list[Batch]:
    """A show from its opening to its end."""
    return [
        batch(
            one_of_each(), opened=True, happenings=HAPPENINGS, instructions=INSTRUCTIONS, draw=STAFFED_DRAW
        ),
        batch([judged(10 + n, uid=f"u{n}", words=SAID[n % 5]) for n in range(20)], duplicates=2),
        batch([judged(30, words="再见")], closed=True),
    ]
