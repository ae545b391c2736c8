"""What goes into a draw when it is announced: the sheet, the room's chain, fresh secrets and who may not win. Pure but
for the secrets, which the operating system gives.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence

import msgspec

from bot.comment import RoomKey
from bot.decision import Capabilities
from bot.draws.book import barred_of, terms_of
from bot.instructions import Instruction
from bot.room_state import OpenDraw, OpenWave
from bot.storage.values import DrawRow
from lottery import life
from lottery.commitment import Commitment
from lottery.contests import Guess, Keyword, Purchase, Quiz, Rain
from lottery.errors import RuleError
from lottery.life import Place
from lottery.rules import EQUAL, Problem, RuleSheet
from lottery.signed import Signed
from lottery.signer import SigningKey
from lottery.states import State

SALT_SIZE = 32


@dataclasses.dataclass(frozen=True, slots=True)
class Shut:
    """Accounts (uids of the room's platform) that may not win: those who work here, lately winners, the blacklist."""

    staff: Sequence[str] = ()
    previous: Sequence[str] = ()
    blacklist: Sequence[str] = ()


def untold(sheet: RuleSheet, abilities: Capabilities) -> tuple[Problem, ...]:
    """What `sheet` promises and a room of these abilities cannot keep: conditions that nobody could check (whoever was
    refused for one could never be shown why), and weights, since all entries of a room weigh the same."""
    asked = (
        ("follow", sheet.follow, abilities.tells_follow, "谁关注了主播", "who follows the host"),
        ("fan_level", sheet.fan_level > 0, abilities.tells_fan_level, "粉丝团等级", "a viewer's fan level"),
        (
            "account_level",
            sheet.account_level > 0,
            abilities.tells_level,
            "账号等级",
            "a viewer's account level",
        ),
        ("kind", sheet.kind == "purchase", abilities.tells_orders, "订单", "who ordered what"),
    )
    return tuple(
        Problem(
            field, "not_told",
            f"这个房间不提供{zh}的信息，不能作为参加条件；请去掉这一条",
            f"this room does not tell {en}, so it cannot be a condition; take it out",
        )
        for field, wanted, told, zh, en in asked
        if wanted and not told
    ) + _weights(sheet)  # fmt: skip


def _weights(sheet: RuleSheet) -> tuple[Problem, ...]:
    if sheet.weight_rule == EQUAL:
        return ()
    zh = "直播间抽奖人人机会均等，不能另写权重规则；请改回 equal"
    en = "every entry of a room weighs the same, so another weight rule would be untrue; set it back to equal"
    return (Problem("weight_rule", "weights", zh, en),)


def require_told(sheet: RuleSheet, abilities: Capabilities) -> None:
    """Raise RuleError for conditions that the room cannot tell."""
    problems = untold(sheet, abilities)
    if problems:
        listed = "; ".join(f"{one.field}: {one.en}" for one in problems)
        raise RuleError(f"The rule sheet may not be announced here: {listed}.", problems)


def with_previous(sheet: RuleSheet) -> RuleSheet:
    """`sheet` whose published conditions say that lately winners are left out, where it asks for that. The commitment
    itself only holds a hash of who they are."""
    days = sheet.exclude_previous_days
    if not days:
        return sheet
    words = f"{sheet.entry_conditions}；近 {days} 日内在本店抽奖中奖的账号不参加"
    return dataclasses.replace(sheet, entry_conditions=words)


def announced(
    sheet: RuleSheet,
    preset: str,
    now_ms: int,
    room: RoomKey,
    session: str,
    last: DrawRow | None,
    shut: Shut,
) -> tuple[DrawRow, Signed[Commitment]]:
    """The draw that follows `last` in its room, and its signed commitment. Raises RuleError with every problem."""
    sequence = 1 if last is None else last.sequence + 1
    place = Place(room.platform, room.room_id, sequence)
    if last is not None:
        place = dataclasses.replace(place, prev=str(last.body["last_hash"]))
    salt, answer_salt = secrets.token_bytes(SALT_SIZE), secrets.token_bytes(SALT_SIZE)
    known = None if last is None or last.secret is None else bytes.fromhex(str(last.secret["signer"]))
    seed = secrets.token_bytes(32) if known is None else known
    draw_id = f"draw-{sequence}-{secrets.token_hex(4)}"
    signed = life.announce(
        with_previous(sheet), draw_id, place, salt, SigningKey.from_seed(seed), now_ms, preset, shut.staff,
        answer_salt=answer_salt, previous=shut.previous, blacklist=shut.blacklist,
    )  # fmt: skip
    secret: dict[str, object] = {
        "salt": salt.hex(), "signer": seed.hex(), "staff": sorted(set(shut.staff)),
        "previous": sorted(set(shut.previous)), "blacklist": sorted(set(shut.blacklist)),
    }  # fmt: skip
    answer = life.answer_of(sheet, answer_salt)
    if answer is not None:
        secret["answer"] = answer.to_json()
    body = {"commitment": signed.to_json(), "closed": [], "last_hash": signed.hash}
    row = DrawRow(draw_id, str(room), session, sequence, State.ANNOUNCED.value, body, secret)
    return row, signed


def opening(row: DrawRow) -> Instruction:
    """What tells the room to take the entries of a draw."""
    draw = msgspec.to_builtins(open_draw(row), enc_hook=sorted)
    return Instruction("draw_open", "draw", {"draw": draw})


def open_draw(row: DrawRow) -> OpenDraw:
    """The committed rule in the form in which a room keeps it."""
    terms = terms_of(row)
    conditions = terms.conditions
    made = OpenDraw(
        row.id, "", terms.open_at, terms.close_at, barred_of(row, "staff"),
        blacklist=barred_of(row, "blacklist"), previous=barred_of(row, "previous"),
        follow=conditions.follow, fan_level=conditions.fan_level, account_level=conditions.account_level,
    )  # fmt: skip
    replace = msgspec.structs.replace
    match terms.contest:
        case Keyword(keyword):
            return replace(made, keyword=keyword)
        case Quiz() as quiz:
            return replace(made, kind="quiz", options=tuple(quiz.options), prefix=quiz.prefix)
        case Guess() as guess:
            numbers = {"decimals": guess.decimals, "least": guess.least, "most": guess.most}
            return replace(made, kind="guess", prefix=guess.prefix, **numbers)
        case Rain(waves):
            kept = tuple(OpenWave(wave.keyword, wave.open_at, wave.close_at) for wave in waves)
            return replace(made, kind="rain", waves=kept)
        case Purchase(product):
            return replace(made, kind="purchase", product=product)
