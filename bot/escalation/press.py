"""A button was pressed: who was it, may they, and what became of it. Knows no Telegram; runs in a thread.

The first press wins, because the store compares the case's version; everybody later is told who has it. Nothing a
client sends is believed but the signature: the person, the role and the case are looked up at every press.
"""

from __future__ import annotations

import msgspec

from bot.errors import ChangkongError, Conflict, NotAllowed
from bot.escalation.button import Action, read_button
from bot.escalation.card import OPEN_STATES
from bot.escalation.case_desk import CaseDesk
from bot.escalation.categories import Lang
from bot.storage.values import Case, Person

WORKERS = frozenset({"moderator", "operator", "compliance"})
"""Roles that may work on cases; the same as in the console. Admins keep the house and do not act on viewers. A person
may have several roles, joined by commas."""

LEASE_MS = 300_000
"""How long a claim made here lasts without any further act. Longer than in the console, which sees its people at
work and renews the claim: who answers from a phone is not seen."""

ANSWERS: dict[str, tuple[str, str]] = {
    "forged": ("这个按钮无效。请到控制台处理。", "This button is not valid. Use the console."),
    "stranger": (
        "你的 Telegram 账号还没有连到场控。请管理员为你连接。",
        "Your Telegram account is not linked. Ask an administrator to link it.",
    ),
    "role": ("你的角色不能处理案件。", "Your role may not work on cases."),
    "claimed": ("已认领，归你处理。", "It is yours."),
    "yours": ("已经在你手上了。", "It is yours already."),
    "held": ("{holder} 先认领了。", "{holder} was first."),
    "moved": ("案件刚有变化，卡片已更新，请再看一眼。", "The case has just changed; look at the card again."),
    "resolved": ("已记为已答复。", "Noted as answered."),
    "released": ("已放回，等人认领。", "Put back for others."),
    "escalated": ("已升级，交合规处理。", "Escalated to compliance."),
    "closed": ("这件已经办完了。", "This case is closed."),
    "not_yours": ("不在你手上，不用放回。", "It is not yours to put back."),
    "refused": ("现在不能这样做。请到控制台查看。", "That is not possible now. See the console."),
    "failed": ("没有成功，请稍后再试或到控制台处理。", "That failed. Try again later or use the console."),
}


class Pressed(msgspec.Struct, frozen=True):
    """What to tell the person (`alert`: with a window) and which case's card to look at again, None for none."""

    code: str
    text: str
    alert: bool = False
    case_id: int | None = None


def press(
    desk: CaseDesk, secret: bytes, *, data: str, telegram_id: str, query_id: str, now_ms: int, lang: Lang
) -> Pressed:
    """Do what the button says, if it is ours and the person may. Never raises for what a client sent."""
    read = read_button(secret, data)
    if read is None:
        return _told("forged", lang)
    case_id, action = read
    person = desk.by_telegram(telegram_id)
    if person is None or not person.active:
        return _told("stranger", lang)
    own: Lang = "en" if person.lang.startswith("en") else "zh"
    if WORKERS.isdisjoint(person.role.split(",")):
        return _told("role", own)
    work = _Work(desk, person, own, f"telegram:{query_id}", now_ms)
    try:
        return work.do(desk.case(case_id), action)
    except Conflict as conflict:
        return work.lost(case_id, conflict.holder)
    except NotAllowed:
        return _told("refused", own, case_id, alert=True)
    except ChangkongError:
        return _told("failed", own, case_id, alert=True)


class _Work:
    """One press by one person."""

    def __init__(self, desk: CaseDesk, person: Person, lang: Lang, key: str, now_ms: int) -> None:
        self.desk = desk
        self.person = person
        self.lang = lang
        self.key = key
        self.now_ms = now_ms

    def do(self, case: Case, action: Action) -> Pressed:
        login, mine = self.person.login, case.holder == self.person.login
        if case.state not in OPEN_STATES:
            return self.told("closed", case.case_id)
        if case.state == "claimed" and not mine:
            return self.lost(case.case_id, case.holder)
        if action == "release":
            if case.state != "claimed":
                return self.told("not_yours", case.case_id)
            self.desk.release(case.case_id, login, case.version, self.now_ms, key=self.key)
            return self.told("released", case.case_id)
        if action == "claim" and case.state == "claimed":
            return self.told("yours", case.case_id)
        if case.state != "claimed":
            case = self.desk.claim(
                case.case_id, login, case.version, self.now_ms, LEASE_MS, key=f"{self.key}:claim"
            )
        if action == "resolve":
            self.desk.resolve(case.case_id, login, case.version, "answered", now_ms=self.now_ms, key=self.key)
            return self.told("resolved", case.case_id)
        if action == "escalate":
            self.desk.escalate(case.case_id, login, case.version, now_ms=self.now_ms, key=self.key)
            return self.told("escalated", case.case_id)
        return self.told("claimed", case.case_id)

    def lost(self, case_id: int, holder: str | None) -> Pressed:
        """Somebody was first; say who, when that is known."""
        if holder is None:
            try:
                holder = self.desk.case(case_id).holder
            except ChangkongError:
                holder = None
        if holder is None:
            return self.told("moved", case_id)
        if holder == self.person.login:
            return self.told("yours", case_id)
        colleague = self.desk.by_login(holder)
        name = colleague.name if colleague else holder
        return _told("held", self.lang, case_id, alert=True, holder=name[:80])

    def told(self, code: str, case_id: int) -> Pressed:
        return _told(code, self.lang, case_id, alert=code in ("closed", "moved", "not_yours"))


def _told(
    code: str, lang: Lang, case_id: int | None = None, *, alert: bool | None = None, **words: str
) -> Pressed:
    text = ANSWERS[code][0 if lang == "zh" else 1].format(**words)
    return Pressed(code, text[:200], case_id is None if alert is None else alert, case_id)
