from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from bot.comment import Comment, Happening, RoomKey
from bot.errors import RecordingError
from bot.rooms import show

ROOM = RoomKey("practice", "1")
SAMPLE = Path(__file__).parents[2] / "recordings" / "show-sample.csv"


def parse(*lines: str) -> list[show.Row]:
    return show.parse("\n".join(["t_ms,kind,viewer,text", *lines]), "s.csv")


def test_sample_is_read_whole():
    rows = show.load(SAMPLE)
    assert len(rows) == 30
    assert {row.kind for row in rows} == set(get_args(show.RowKind))


def test_builtin_show_is_valid():
    rows = show.builtin()
    assert len(rows) > 500
    assert rows[-1].t_ms <= 15 * 60 * 1000


def test_events_leave_cues_out():
    rows = parse('0,cue,,"{""cue"":""draw"",""keyword"":""福利""}"', "5,comment,v001,来了")
    (event,) = show.events_of(rows, ROOM)
    assert isinstance(event, Comment)
    assert (event.text, event.at_ms, event.viewer.uid) == ("来了", 5, "practice-v001")
    assert rows[0].cue == {"cue": "draw", "keyword": "福利"}
    assert rows[1].cue is None


@pytest.mark.parametrize(
    ("line", "kind", "data"),
    [
        ("0,gift,v001,小心心 x3 @300", "gift", {"name": "小心心", "count": 3, "fen": 300}),
        ("0,gift,v001,花", "gift", {"name": "花", "count": 1, "fen": 0}),
        (
            "0,order,v001,3 x2 @9900",
            "order",
            {"id": "o2", "product": "3", "qty": 2, "amount": 9900, "state": "paid"},
        ),
        ("0,product,,3", "product", {"slot": 3}),
        ("0,viewers,,1200", "viewers", {"count": 1200}),
        ("0,like,v001,", "like", {"count": 1}),
        ("0,like,v001,9", "like", {"count": 9}),
        ("0,follow,v001,", "follow", {}),
        ("0,enter,v001,", "enter", {}),
    ],
)
def test_kinds(line: str, kind: str, data: dict[str, object]):
    (event,) = show.events_of(parse(line), ROOM)
    assert isinstance(event, Happening)
    assert (event.kind, event.data) == (kind, data)


@pytest.mark.parametrize(
    "line",
    [
        "x,comment,v001,a",
        "-1,comment,v001,a",
        "99999999999,comment,v001,a",
        "0,shout,v001,a",
        "0,comment,,a",
        "0,comment,bob,a",
        "0,comment,v001,",
        "0,comment,v001," + "a" * 201,
        "0,product,v001,3",
        "0,product,,three",
        "0,viewers,,",
        "0,follow,v001,now",
        "0,like,v001,many",
        "0,gift,v001,",
        "0,cue,,draw",
        "0,cue,,[1]",
        "0,comment,v001",
        '0,comment,v001,"open',
    ],
)
def test_mistakes_name_their_line(line: str):
    with pytest.raises(RecordingError, match="line 3") as raised:
        parse("0,comment,v001,ok", line)
    assert raised.value.line == 3


def test_time_never_falls():
    with pytest.raises(RecordingError, match="before"):
        parse("5,comment,v001,a", "4,comment,v001,b")


@pytest.mark.parametrize("text", ["", "a,b\n", "t_ms,kind,viewer,text\n"])
def test_empty_or_foreign_files_are_refused(text: str):
    with pytest.raises(RecordingError):
        show.parse(text, "s.csv")


def test_missing_file_is_one_sentence(tmp_path: Path):
    with pytest.raises(RecordingError, match="cannot be read"):
        show.load(tmp_path / "none.csv")


def test_names_differ():
    names = {show.name_of(f"v{number:03}") for number in range(1200)}
    assert len(names) == 1200


def test_header_tells_a_show(tmp_path: Path):
    other = tmp_path / "other.csv"
    other.write_text("time,user,text\n", encoding="utf-8")
    assert show.is_show(SAMPLE)
    assert not show.is_show(other)


def test_the_practice_audience_has_followers_and_fans_of_every_level():
    rows = parse("\n".join(f"{n},comment,v{n:03},来了" for n in range(40)))
    viewers = [event.viewer for event in show.events_of(rows, ROOM) if event.viewer is not None]
    assert {one.follows for one in viewers} == {True, False}
    assert {one.fan_level for one in viewers} == set(range(8))
    assert len({one.level for one in viewers}) == 40
