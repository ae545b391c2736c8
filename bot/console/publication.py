"""The public record of a draw as pages read it. It stands in `bot.draws.publication`."""

from bot.draws.publication import STAGES as STAGES
from bot.draws.publication import Publication as Publication
from bot.draws.publication import Winner as Winner
from bot.draws.publication import publication as publication
