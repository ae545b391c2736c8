"""红灯: stop, at once. The host sees red and the reason, the bot falls silent, the record has both.

Who may silence the bot may switch it on; only who steers may switch it off. The silence itself is the room's
(Instruction red_on), heeded by the outbox before anything else that waits.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk.place import Place, plain_line
from bot.policy import Instruction

REASONS = ("价格说错了", "违规用语", "有人身体不适", "平台警告", "商品下架")
"""Offered with one key each; any other reason is typed."""

LONGEST = 40


@dataclass(frozen=True, slots=True)
class RedLight:
    """The switch of one room."""

    place: Place

    @property
    def reason(self) -> str | None:
        """Why it burns; None while it does not."""
        return self.place.state().red

    async def on(self, reason: str, by: str) -> None:
        """Switch it on, for a reason of at most LONGEST characters. Raises NotAllowed without one."""
        told = plain_line(reason, LONGEST, "The red light")
        await self.place.tell(Instruction("red_on", by, {"reason": told}))
        self.place.changed()

    async def off(self, by: str) -> None:
        """Switch it off."""
        await self.place.tell(Instruction("red_off", by))
        self.place.changed()
