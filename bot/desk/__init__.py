"""The desk: what the control person and the host have before them during a show.

One `ControlRoom` a room; its parts are named for what people in the room call them (cues, red light, running order,
scenes, timers, slips, outage). Values are plain; the store, the clock and the way into the room are handed in.
"""

from bot.desk.control_room import ControlRoom
from bot.desk.cues import Cue, Cues
from bot.desk.outage import Outage, Outages
from bot.desk.place import DeskStore, Place
from bot.desk.running_order import Item, RunningOrder
from bot.desk.scenes import Scene, Scenes
from bot.desk.slips import Slip, Slips
from bot.desk.timers import Timer, Timers

__all__ = [
    "ControlRoom", "Cue", "Cues", "DeskStore", "Item", "Outage", "Outages", "Place", "RunningOrder", "Scene", "Scenes",
    "Slip", "Slips", "Timer", "Timers",
]  # fmt: skip
