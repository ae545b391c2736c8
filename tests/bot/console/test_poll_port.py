from __future__ import annotations

from bot.console.poll_port import PollBoard


def board(*votes: int) -> PollBoard:
    return PollBoard("p", "practice:1", "？", tuple(f"o{n}" for n in range(len(votes))), votes, 1, None)


def test_bars_are_parts_of_all_votes() -> None:
    one = board(11, 19, 10)
    assert [part for _, _, part in one.bars] == [28, 48, 25]
    assert (one.total, one.most) == (40, 19)
    assert [option for option, _, _ in one.bars] == ["o0", "o1", "o2"]


def test_without_votes_nothing_leads() -> None:
    assert [part for _, _, part in board(0, 0).bars] == [0, 0]
    assert board(0, 0).most == 0
