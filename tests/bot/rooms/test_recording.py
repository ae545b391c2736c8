"""Which format a file has, and what each reader makes of it. All texts here are written for these tests."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import tracemalloc
from pathlib import Path

import openpyxl
import pytest

from bot.comment import Comment, Event, Happening, RoomKey
from bot.errors import RecordingError
from bot.rooms import recording, recording_lines, recording_tables
from bot.rooms.bilibili import encode_commands
from bot.rooms.recording import FORMATS, detect, read
from bot.rooms.recording_frames import RecordingWriter

VECTORS = Path(__file__).parents[2] / "vectors"
BILIBILI = json.loads((VECTORS / "bilibili.json").read_text(encoding="utf-8"))
TWITCH = json.loads((VECTORS / "twitch.json").read_text(encoding="utf-8"))

DANMAKU = '{"uid": 5, "uname": "甲", "msg": "\\u591a\\u5c11\\u94b1", "timestamp": 1583886311684}'
RAW = json.dumps(
    {
        "platform": "BILIBILI",
        "roomId": "7777",
        "type": "DANMU",
        "msg": {"info": BILIBILI["danmu_msg_json"]["info"]},
    }
)
XML = """<?xml version="1.0" encoding="utf-8"?>
<i><chatserver>x</chatserver>
<d p="1.5,1,25,16777215,1755000000649,0,10001,0" user="甲">多少钱 &lt;b&gt;</d>
<d p="2.5,1,25,16777215,1755000001,0,8fe8778e,0">有货吗</d>
<d p="bad">迟到</d>
<sc ts="4.0" user="乙" uid="7" price="30" time="60">求链接</sc>
<gift ts="5" user="丙" uid="8" giftname="花" giftcount="3"/>
<guard ts="6" user="丁" uid="9" level="3" count="1"/>
</i>"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname
Style: R2L,x

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.50,0:00:12.00,R2L,,0000,0000,0000,,{\\move(1,2,3,4)}你好, 世界\\N第二行
Dialogue: 0,1:02:03.00,1:02:12.00,R2L,,0000,0000,0000,,{不是标签}
"""
TSV = "2021-06-01 19:46:12,506\tbob\thello\tthere\n2021-06-01 19:46:13,577\tann\t\x0bform\x0cfeed\u2028x\n"
PAGE = {
    "kind": "youtube#liveChatMessageListResponse",
    "items": [
        {
            "id": "y1",
            "snippet": {
                "type": "textMessageEvent",
                "liveChatId": "chat-1",
                "publishedAt": "2026-01-02T03:04:05.678Z",
                "textMessageDetails": {"messageText": "how much"},
            },
            "authorDetails": {"channelId": "c1", "displayName": "Ann", "isChatModerator": True},
        },
        {
            "id": "y2",
            "snippet": {
                "type": "superChatEvent",
                "publishedAt": "2026-01-02T03:04:06Z",
                "superChatDetails": {"amountMicros": "5000000", "currency": "CNY", "userComment": "hi"},
            },
            "authorDetails": {"channelId": "c2", "displayName": "Bob"},
        },
        {
            "id": "y3",
            "snippet": {"type": "messageDeletedEvent", "messageDeletedDetails": {"deletedMessageId": "y1"}},
        },
        {"id": "y4", "snippet": {"type": "tombstone"}},
    ],
}
IRC = "\r\n".join(vector["line"] for vector in TWITCH["irc"])


def events(path: Path, format: str = "auto") -> list[Event]:
    return list(read(path, format).events)


def comments(path: Path, format: str = "auto") -> list[Comment]:
    return [event for event in events(path, format) if isinstance(event, Comment)]


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes, name: str = "room.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def sheet(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "format", "can_reply", "room"),
    [
        (DANMAKU, "jsonl-danmaku", False, "bilibili:room"),
        (RAW, "bilibili-raw", False, "bilibili:7777"),
        (json.dumps(BILIBILI["danmu_msg_json"]), "bilibili-raw", False, "bilibili:room"),
        (XML, "bilibili-xml", False, "bilibili:room"),
        (ASS, "ass", False, "file:room"),
        (IRC, "twitch-irc", True, "twitch:room"),
        (TSV, "tsv", False, "file:room"),
        (json.dumps(PAGE), "youtube-chat", True, "youtube:chat-1"),
        (json.dumps(PAGE, indent=2), "youtube-chat", True, "youtube:chat-1"),
        ("time,user,text\n1,a,b\n", "csv", False, "file:room"),
        ("时间;用户;内容\n1;a;b\n", "csv", False, "file:room"),
        (sheet([["time", "text"], [1, "a"]]), "xlsx", False, "file:room"),
        ('{"t_ms":5,"dir":"in","transport":"ws","b64":"","headers":{}}', "changkong", False, "file:room"),
    ],
)
def test_formats_are_recognised(write, content: str | bytes, format: str, can_reply: bool, room: str):
    for mark in (b"", b"\xef\xbb\xbf") if isinstance(content, str) else (b"",):
        path = write(mark + (content.encode() if isinstance(content, str) else content))
        found = read(path)
        assert (found.format, found.can_reply, str(found.room)) == (format, can_reply, room)
        assert list(read(path, format).events) == list(found.events)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n\n  \n",
        "hello world\n",
        "{",
        "{}",
        "[]",
        "[1, 2]",
        '{"msg": 5}',
        '{"platform":"HUYA","type":"DANMU","msg":{"content":"x"}}',
        '[\n  {"addChatItemAction": {}}\n]',
        '{\n  "timing": {"info": 1}\n}',
        '{"cmd": 5, "data": {}}',
        b"\x00\xff\xfe\x01",
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04broken",
        "<!DOCTYPE i [<!ENTITY a 'b'>]><i><d p='1'>&a;</d></i>",
        "<i><d p='1'>",
        "<i></d></i>",
        "name,age\nbob,5\n",
        "a" * 300_000,
        "\u2028\u3000\n",
        DANMAKU.replace("1583886311684", "99999999999999"),
        "1021-06-01 19:46:12,506\tbob\thello",
        '{"t_ms":99999999999999,"event":"drop"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "<html><body><p>404</p></body></html>",
    ],
    ids=range(27),
)
def test_foreign_and_broken_files_are_one_sentence(write, content: str | bytes):
    with pytest.raises(RecordingError) as raised:
        events(write(content))
    message = str(raised.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 500


def test_missing_file_folder_and_format(tmp_path: Path, write):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(RecordingError):
            events(path)
        with pytest.raises(RecordingError):
            events(path, "tsv")
    with pytest.raises(RecordingError, match="no recording format 'mp4'"):
        read(write(TSV), "mp4")


@pytest.mark.parametrize(
    ("format", "good", "bad"),
    [
        ("jsonl-danmaku", DANMAKU, '{"uid": 5, "una'),
        ("jsonl-danmaku", DANMAKU, '{"uid": 5, "msg": "x"}'),
        ("jsonl-danmaku", DANMAKU, '{"msg": 3, "timestamp": 5}'),
        ("bilibili-raw", RAW, '{"a": 1}'),
        ("bilibili-raw", RAW, "null"),
        ("tsv", TSV.splitlines()[0], "2021-13-01 19:46:12,506\ta\tb"),
        ("tsv", TSV.splitlines()[0], "no tabs"),
        ("twitch-irc", TWITCH["irc"][0]["line"], "@=;:"),
        ("youtube-chat", json.dumps(PAGE), '{"kind": "other"}'),
        ("csv", "time,text\n1,a", "never,b"),
        ("changkong", '{"t_ms":1,"event":"drop"}', '{"dir":"in"}'),
        ("changkong", '{"t_ms":1,"event":"drop"}', '{"t_ms":1,"b64":"!"}'),
    ],
)
def test_a_broken_line_is_named(write, format: str, good: str, bad: str):
    path = write(f"{good}\n\n{bad}\n")
    line = 4 if format == "csv" else 3
    with pytest.raises(RecordingError, match=f"line {line}") as raised:
        events(path)
    assert raised.value.line == line
    assert detect(path) == format


def test_line_that_is_not_utf8_is_named(write):
    with pytest.raises(RecordingError, match="line 2"):
        events(write(TSV.splitlines()[0].encode() + b"\n2021-06-01 19:46:12,506\ta\t\xff\n"))


def test_broken_byte_in_a_table_is_named_by_its_line(write):
    good = "time,user,text\n02:03,小明,在吗\n".encode("gb18030")
    with pytest.raises(RecordingError) as raised:
        events(write(good + b"02:04,a,\xff\xff\xff\n02:05,a,b\n"))
    assert raised.value.line == 3


def test_a_long_first_line_is_read_to_its_end_before_its_format_is_told(write):
    first = json.dumps({"uid": 1, "uname": "a", "msg": "长" * 200_000, "timestamp": 1583886311684})
    path = write(f"{first}\n{DANMAKU}")
    assert len(first) > recording.SNIFFED
    assert detect(path) == "jsonl-danmaku"


def test_a_file_that_holds_no_subtitles_is_no_ass(write):
    with pytest.raises(RecordingError):
        list(read(write("hello\nworld\n"), "ass").events)


def test_line_without_end_cannot_fill_the_memory(write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording_lines, "MAX_LINE", 1000)
    with pytest.raises(RecordingError, match="longer"):
        events(write(DANMAKU + "\n" + "x" * 2000))


def test_danmaku_line_by_line(write):
    hidden = DANMAKU.replace('"uid": 5', '"uid": 0').replace("}", ', "danmaku.msg_type": 2}')
    first, second = comments(write(f"{DANMAKU}\n\n{hidden}\n", "1583886301.txt"))
    assert (first.text, first.viewer.uid, first.viewer.name) == ("多少钱", "5", "甲")
    assert first.at_ms == first.received_ms == 1583886311684
    assert (first.msg_id, first.line, second.line) == (None, 1, 3)
    assert second.viewer.uid is None
    assert first.room == RoomKey("bilibili", "1583886301")
    assert len(first.frame_hash) == 64


def test_lone_surrogates_are_replaced(write):
    (found,) = comments(write(DANMAKU.replace("\\u591a", "\\ud83d")))
    assert found.text == "\ufffd少钱"


def test_bilibili_raw_has_ids_and_kinds(write):
    gift = BILIBILI["send_gift_v2"]["json"]
    chat = base64.b64decode(
        next(f for f in BILIBILI["frames"] if f["name"] == "cmd_SUPER_CHAT_MESSAGE")["b64"]
    )[16:]
    unknown = '{"cmd": "SOMETHING_NEW"}'
    path = write("\n".join([RAW, json.dumps(gift), chat.decode(), unknown]))
    comment, second, third = events(path)
    assert isinstance(comment, Comment)
    assert comment.msg_id == BILIBILI["danmu_expect"]["id_str"]
    assert comment.received_ms == comment.at_ms == 1755000000649
    assert isinstance(second, Happening)
    assert isinstance(third, Happening)
    assert (second.kind, third.kind) == ("gift", "gift")


def test_commands_without_time_take_the_last_one(write):
    path = write(RAW + '\n{"cmd":"WATCHED_CHANGE","data":{"num":5}}\n')
    assert events(path)[1].at_ms == 1755000000649


def test_xml(write):
    first, second, third, paid, gift, guard = events(write(XML.replace("迟到", "迟\x08到")))
    assert isinstance(first, Comment)
    assert isinstance(second, Comment)
    assert isinstance(third, Comment)
    assert (first.text, first.viewer.uid, first.viewer.name) == ("多少钱 <b>", "10001", "甲")
    assert (first.at_ms, first.line) == (1755000000649, 3)
    assert (second.at_ms, second.viewer.uid) == (1755000001000, None)
    assert (third.text, third.at_ms) == ("迟到", 1755000001000)
    assert isinstance(paid, Happening)
    assert (paid.kind, paid.data["fen"], paid.data["text"]) == ("gift", 3000, "求链接")
    assert isinstance(gift, Happening)
    assert (gift.data["name"], gift.data["count"]) == ("花", 3)
    assert isinstance(guard, Happening)
    assert guard.data["name"] == "guard_3"


def test_xml_uses_the_original_when_it_is_there(write):
    raw = json.dumps(BILIBILI["danmu_msg_json"]["info"]).replace("&", "&amp;").replace('"', "&quot;")
    (found,) = comments(write(f'<i><d p="1,1,1,1,1755000000649,0,0,0" user="x" raw="{raw}">x</d></i>'))
    assert found.msg_id == BILIBILI["danmu_expect"]["id_str"]


def test_xml_refuses_entities_before_expanding_them(write):
    bomb = (
        "<!DOCTYPE i ["
        + '<!ENTITY a "aaaaaaaaaa">'
        + '<!ENTITY b "&a;&a;&a;&a;">'
        + "]><i><d p='1'>&b;</d></i>"
    )
    with pytest.raises(RecordingError, match="DTD"):
        events(write(bomb))


def test_xml_element_without_end_cannot_fill_the_memory(write):
    with pytest.raises(RecordingError, match="too long"):
        events(write("<i><d p='1'>" + "x" * (5 * 1024 * 1024)))


def test_ass(write):
    first, second = comments(write(ASS))
    assert (first.text, first.at_ms, first.viewer.uid) == ("你好, 世界 第二行", 1500, None)
    assert (second.text, second.at_ms, second.line) == ("{不是标签}", 3723000, 11)


def test_tsv_splits_lines_at_line_feeds_only(write):
    first, second = comments(write(TSV))
    assert (first.text, first.viewer.uid) == ("hello\tthere", "bob")
    assert first.at_ms == int(dt.datetime(2021, 6, 1, 19, 46, 12, 506000, dt.UTC).timestamp() * 1000)
    assert second.text == "\x0bform\x0cfeed\u2028x"


def test_irc(write):
    found = events(write(IRC))
    assert [event.line for event in found if isinstance(event, Comment)] == [1, 2, 9]
    assert [event.at_ms for event in found][:2] == [1723979200649, 1723979200650]
    assert found[-1].at_ms == 1723979200652


def test_youtube(write):
    first, second, third = events(write(json.dumps(PAGE)))
    assert isinstance(first, Comment)
    assert (first.msg_id, first.viewer.role, first.text) == ("y1", "staff", "how much")
    assert first.at_ms == 1767323045678
    assert isinstance(second, Happening)
    assert (second.kind, second.data["fen"]) == ("gift", 500)
    assert isinstance(third, Happening)
    assert third.data == {"act": "delete", "msg_id": "y1"}


def test_youtube_pages_one_a_line(write):
    assert len(events(write(json.dumps(PAGE) + "\n" + json.dumps(PAGE)))) == 6


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_encodings(write, encoding: str):
    text = 'time,用户,内容\n2026-01-02 03:04:05,小明,"几天能到,包邮吗"\n'
    (found,) = comments(write(text.encode(encoding), "r.csv"))
    assert (found.text, found.viewer.name, found.viewer.uid) == ("几天能到,包邮吗", "小明", "小明")
    assert found.at_ms == 1767323045000
    assert found.line == 2


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1755000000", 1755000000000),
        ("1755000000.25", 1755000000250),
        ("1755000000649", 1755000000649),
        ("12.5", 12500),
        ("1:02:03", 3723000),
        ("02:03.5", 123500),
        ("2026-01-02T03:04:05Z", 1767323045000),
        ("2026-01-02T03:04:05+08:00", 1767294245000),
        ("2026/1/2 03:04:05", 1767323045000),
        ("2026/1/2 3:04:05", 1767323045000),
        ("2026/1/2 3:04", 1767323040000),
        (dt.datetime(2026, 1, 2, 3, 4, 5), 1767323045000),
        (dt.time(0, 0, 5), 5000),
        (dt.timedelta(seconds=5), 5000),
        (5.0, 5000),
        ("", None),
        ("soon", None),
        ("99999999999999999999", None),
        ("1066-10-14", None),
    ],
)
def test_time_cells(cell: object, expected: int | None):
    assert recording_tables.moment(cell) == expected


def test_xlsx(write):
    rows: list[list[object]] = [
        ["时间", "昵称", "评论"],
        [dt.datetime(2026, 1, 2, 3, 4, 5), "小明", "多少钱"],
        [None, None, None],
        [dt.datetime(2026, 1, 2, 3, 4, 6), 5, 3.0],
    ]
    first, second = comments(write(sheet(rows), "r.xlsx"))
    assert (first.text, first.at_ms, first.line) == ("多少钱", 1767323045000, 2)
    assert (second.text, second.viewer.name, second.line) == ("3", "5", 4)


def test_xlsx_bombs_are_refused(write, monkeypatch: pytest.MonkeyPatch):
    path = write(sheet([["time", "text"], [1, "a"]]), "r.xlsx")
    monkeypatch.setattr(recording_tables, "MAX_XLSX_UNPACKED", 100)
    with pytest.raises(RecordingError, match="unpacks"):
        events(path)
    monkeypatch.setattr(recording_tables, "MAX_XLSX", 100)
    with pytest.raises(RecordingError, match="larger"):
        events(path)


def dm(msg_id: str, text: str = "x") -> bytes:
    data = {"open_id": "o", "uname": "n", "msg": text, "msg_id": msg_id, "timestamp": 1755000000}
    return json.dumps({"cmd": "LIVE_OPEN_PLATFORM_DM", "data": data}).encode()


def test_own_recording_comes_back(tmp_path: Path):
    path = tmp_path / "own.ndjson"
    with path.open("wb") as file:
        writer = RecordingWriter(file, RoomKey("practice", "1"), base_ms=1755000000000, can_reply=True)
        writer.frame(b"\x00" * 16, 1755000000100, direction="out")
        writer.frame(encode_commands([dm("1"), dm("2")], "brotli"), 1755000000200)
        writer.drop(1755000000300)
        writer.frame(encode_commands([dm("3")], "zlib"), 1755000005300)
    found = read(path)
    assert (found.format, found.can_reply, str(found.room)) == ("changkong", True, "practice:1")
    first, second, gap, third = found.events
    assert (first.msg_id, second.msg_id, third.msg_id) == ("1", "2", "3")
    assert first.received_ms == first.at_ms
    assert isinstance(first, Comment)
    assert first.line == 3
    assert isinstance(gap, Happening)
    assert gap.data == {"seconds": 5.0, "reason": "drop"}


def test_recording_without_start_line_tells_frames_by_their_bytes(write):
    frames = [
        encode_commands([dm("1")]),
        TWITCH["irc"][0]["line"].encode(),
        b'{"kind":"comment","id":"b1","user":{"id":"u"},"text":"hi","at":"2026-01-02T03:04:05Z"}',
        b'[{"kind":"order","id":"o1","product":"3","qty":1},{"kind":"nonsense"}]',
        b"\xff\xfe",
    ]
    lines = [
        {"t_ms": n, "dir": "in", "transport": "ws", "b64": base64.b64encode(f).decode()}
        for n, f in enumerate(frames)
    ]
    found = events(write("\n".join(map(json.dumps, lines))))
    assert [event.msg_id for event in found] == ["1", "00000000-0000-4000-8000-0000000000b1", "b1", None]
    assert isinstance(found[3], Happening)
    assert found[3].data["id"] == "o1"


def test_reading_is_lazy(tmp_path: Path):
    path = tmp_path / "big.txt"
    with path.open("w", encoding="utf-8") as file:
        for _ in range(60_000):
            file.write(DANMAKU + "\n")
    tracemalloc.start()
    count = sum(1 for _ in read(path).events)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60_000
    assert peak < 3 * 1024 * 1024


@pytest.mark.parametrize("format", FORMATS)
def test_no_reader_falls_over_foreign_bytes(write, format: str):
    for content in (
        b"\x00\x01\xff" * 100,
        b"{}",
        b"[]\n[]",
        b"a,b\n\n",
        b"<i/>",
        b'{"kind":[],"items":{}}',
        b"",
    ):
        path = write(content)
        try:
            found = events(path, format)
        except RecordingError:
            continue
        assert all(isinstance(event, Comment | Happening) for event in found)


def test_names_of_rooms_are_plain(write):
    assert str(read(write(DANMAKU, "a b:c?.txt")).room) == "bilibili:a-b-c"
    assert str(read(write(RAW.replace("7777", "../x y"))).room) == "bilibili:x-y"
