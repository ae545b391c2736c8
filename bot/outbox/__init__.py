"""The outbox of a room: what is said, in which order, how fast, and what became of it.

`mouth` says, `gate` keeps back, `queue`, `pacing` and `breaker` say when, `splitting` in how many parts, `echo` hears
it come back, `hand` serves rooms in which a person has to say it.
"""

from bot.outbox.account import Account
from bot.outbox.breaker import Breaker
from bot.outbox.gate import ORDINARY, Gate, Passed, Speech, gate
from bot.outbox.hand import CopyRefused, Hand, Suggested
from bot.outbox.mouth import Outbox
from bot.outbox.pacing import Pace
from bot.outbox.row import Clearance, HandRow, OutboxStore, QueuedRow
from bot.outbox.rules import SPACING_MS, Rules
from bot.outbox.splitting import TooLong, split

__all__ = [
    "ORDINARY", "SPACING_MS", "Account", "Breaker", "Clearance", "CopyRefused", "Gate", "Hand", "HandRow", "Outbox",
    "OutboxStore", "Pace", "Passed", "QueuedRow", "Rules", "Speech", "Suggested", "TooLong", "gate", "split",
]  # fmt: skip
