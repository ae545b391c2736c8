from __future__ import annotations

from bot.console.publication import publication
from lottery.rules import TEXTS
from tests.bot.console.show import Show


async def test_a_finished_draw_is_read_whole(show: Show) -> None:
    shown = publication(show.draws.records["draw-1"])
    assert (shown.title, shown.state, shown.practice, shown.number) == ("晚场感谢抽奖", "claim", True, 1)
    assert [(one.rank, one.reserve) for one in shown.winners] == [
        ("一等奖", False),
        ("二等奖", False),
        ("二等奖", False),
        ("", True),
    ]
    assert {one.name for one in shown.winners} == {"橘**"}
    assert len(shown.texts) == len(TEXTS) + 1  # and how the draw is made
    assert shown.entries == 40
    assert len(shown.root) == len(shown.seed) == len(shown.commit_hash) == 64


def test_what_is_not_published_yet_is_empty() -> None:
    shown = publication({"draw_id": "x"})
    assert (shown.root, shown.seed, shown.winners, shown.entries) == ("", "", (), None)
    assert publication({"draw_id": "x", "closed": "junk", "drawn": 7, "commitment": None}).draw_id == "x"


def test_the_time_of_the_beacon_follows_from_its_round() -> None:
    shown = publication({"commitment": {"record": {"beacon": {"round": 2}}, "hash": "h"}})
    assert shown.beacon_ms == 1_692_803_370_000


def test_missing_names_stay_missing() -> None:
    record = {
        "commitment": {"record": {"prizes": [{"rank": "r", "name": "n", "quantity": 1}]}},
        "drawn": {"record": {"winners": [3], "reserves": []}}, "winners": [{"position": 3, "pseudonym": "ab"}],
    }  # fmt: skip
    only = publication(record).winners[0]
    assert (only.name, only.pseudonym, only.position, only.prize) == ("", "ab", 3, "n")
