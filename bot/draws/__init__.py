"""Draws at work: the protocol is in `lottery`; here its steps are taken on time, stored and published."""

from bot.draws.relay import BeaconSource, Relays, no_network
from bot.draws.salts import Salts
from bot.draws.timetable import Draws

__all__ = ["BeaconSource", "Draws", "Relays", "Salts", "no_network"]
