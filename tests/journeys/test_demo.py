"""The demo: one command, no accounts, and every figure it tells can be found in its rows."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Shown, demo
from tests.journeys.stage import changkong, copied, here, looking, number, rows

NUMBER = (int, float)
FIELDS: dict[str, object] = {
    "files": list, "sessions": list, "format": str, "span_s": NUMBER, "events": dict, "comments": int,
    "judged": int, "dropped": int, "gaps": int, "faq": dict, "purchase": dict, "negative": dict, "banned": dict,
    "replies": {"sent": int, "suggested": int, "withheld": dict}, "cases": int, "flags": int, "draw_entries": int,
    "audit": {"records": int, "verified": bool}, "wall_s": NUMBER, "comments_per_s": NUMBER,
    "latency_ms": {"p50": NUMBER, "p95": NUMBER, "p99": NUMBER},
    "rss_mb": {"start": NUMBER, "at_tenth": NUMBER, "peak": NUMBER, "end": NUMBER}, "versions": dict,
}  # fmt: skip
"""The fields of the summary and their types, on which other programs rely."""


def _faults(told: Any, shape: object, where: str = "") -> list[str]:
    if isinstance(shape, dict):
        if not isinstance(told, dict):
            return [f"{where} is no object"]
        return [
            fault
            for name, inner in shape.items()
            for fault in (
                [f"{where}.{name} is missing"]
                if name not in told
                else _faults(told[name], inner, f"{where}.{name}")
            )
        ]
    kinds = shape if isinstance(shape, tuple) else (shape,)
    fits = isinstance(told, kinds) and (bool in kinds or not isinstance(told, bool))
    return [] if fits else [f"{where} is {type(told).__name__}"]


def test_summary_has_every_field_with_its_type(shown: Shown) -> None:
    assert _faults(shown.summary, FIELDS) == []
    for name in ("events", "faq", "purchase", "negative", "banned"):
        assert all(isinstance(value, int) and value > 0 for value in shown.summary[name].values()), name
    assert all(shown.summary["versions"].values())


def test_stdout_is_one_json_object_and_nothing_else(shown: Shown) -> None:
    assert shown.ended.code == 0
    assert shown.ended.out.strip().startswith("{")
    assert json.loads(shown.ended.out) == shown.summary
    assert "Traceback" not in shown.ended.err


def test_the_show_has_everything_in_it(shown: Shown) -> None:
    told = shown.summary
    assert told["replies"]["sent"] > 20
    assert sum(told["replies"]["withheld"].values()) > 20
    assert len(told["replies"]["withheld"]) >= 3
    assert told["cases"] > 0
    assert told["flags"] > 0
    assert told["draw_entries"] > 0
    assert told["comments"] == told["judged"] > 1000
    assert told["dropped"] == told["gaps"] == 0
    assert told["audit"]["verified"] is True
    assert [row["state"] in ("claim", "archived") for row in told["draws"]] == [True]
    assert set(told["purchase"]) >= {"0", "1", "2", "3"}


def test_every_figure_of_the_summary_is_in_the_rows(shown: Shown) -> None:
    told, data = shown.summary, shown.data
    assert told["judged"] == number(data, "SELECT COUNT(*) FROM comment")
    assert told["sessions"] == [row[0] for row in rows(data, "SELECT id FROM session ORDER BY opened_ms")]
    happened = dict(rows(data, "SELECT kind, COUNT(*) FROM happening GROUP BY kind"))
    assert told["events"] == happened | {"comment": told["judged"]}
    assert told["gaps"] == happened.get("gap", 0)
    assert told["comments"] == number(data, "SELECT SUM(comments) FROM session")
    assert told["dropped"] == number(data, "SELECT SUM(dropped) FROM session")
    assert told["duplicates"] == number(data, "SELECT SUM(duplicates) FROM session")
    assert told["cases"] == number(data, "SELECT COUNT(*) FROM incident")
    assert told["cases"] == number(data, "SELECT COUNT(*) FROM case_work")
    assert told["flags"] == number(data, "SELECT COUNT(*) FROM comment WHERE flagged")
    assert told["draw_entries"] == number(data, "SELECT COUNT(*) FROM draw_entry WHERE refused IS NULL")
    assert told["audit"]["records"] == number(data, "SELECT COUNT(*) FROM audit_record")
    first, last = rows(data, "SELECT MIN(at_ms), MAX(at_ms) FROM comment")[0]
    assert told["span_s"] == pytest.approx((last - first) / 1000, abs=0.001)


def test_every_judgement_counted_is_in_the_rows(shown: Shown) -> None:
    told, data = shown.summary, shown.data
    by = "SELECT {0}, COUNT(*) FROM comment WHERE {0} IS NOT NULL GROUP BY {0}"
    assert told["faq"] == dict(rows(data, by.format("faq_intent")))
    assert told["negative"] == dict(rows(data, by.format("negative_kind")))
    assert told["purchase"] == {str(level): count for level, count in rows(data, by.format("purchase_level"))}
    hits = Counter[str]()
    for (banned,) in rows(data, "SELECT banned FROM comment"):
        hits.update(hit["category"] for hit in json.loads(banned))
    assert told["banned"] == dict(hits)


def test_every_answer_counted_is_a_row_and_was_seen_by_viewers(shown: Shown) -> None:
    told, data = shown.summary, shown.data
    states = dict(rows(data, "SELECT state, COUNT(*) FROM outbox GROUP BY state"))
    assert told["replies"]["sent"] == states["sent"]
    assert told["replies"]["suggested"] == states.get("suggested", 0)
    withheld = dict(
        rows(data, "SELECT withheld, COUNT(*) FROM comment WHERE withheld IS NOT NULL GROUP BY withheld")
    )
    unsaid = {state: count for state, count in states.items() if state not in ("sent", "suggested")}
    assert told["replies"]["withheld"] == withheld | unsaid
    sent = {f"{session}/{id}": text for session, id, text in
            rows(data, "SELECT session, id, text FROM outbox WHERE state = 'sent'")}  # fmt: skip
    assert {line["key"]: line["text"] for line in shown.visible} == sent
    assert len(shown.visible) == len(sent)
    assert not any(line["duplicate"] for line in shown.visible)


def test_every_answer_is_an_approved_phrase_of_its_own_digest(shown: Shown) -> None:
    orphans = rows(
        shown.data,
        "SELECT o.id FROM outbox o LEFT JOIN phrase_version p ON p.id = o.phrase_id AND p.digest = o.digest "
        "WHERE o.state = 'sent' AND (p.state IS NULL OR p.state <> 'live' OR p.signed <> 'practice')",
    )
    assert orphans == []


def test_no_write_ahead_log_is_left(shown: Shown) -> None:
    names = {path.name for path in shown.data.iterdir()}
    assert {"changkong.db", "seals.log", "keys", "draws"} <= names
    assert not [name for name in names if name.endswith(("-wal", "-shm"))]


def test_the_draw_verifies_for_anybody(shown: Shown) -> None:
    verified = changkong("draw", "verify", shown.proof)
    assert verified.code == 0, verified.out
    assert "ok" in verified.out
    refused = here("draw", "verify", shown.proof, "--real")
    assert refused.code == 1
    assert refused.out


def test_the_draw_is_the_one_announced_and_no_other(shown: Shown) -> None:
    body = json.loads(rows(shown.data, "SELECT body FROM draw")[0][0])
    right = body["commitment"]["hash"]
    assert here("draw", "verify", shown.proof, "--expect", right).code == 0
    wrong = ("0" if right[0] != "0" else "1") + right[1:]
    assert here("draw", "verify", shown.proof, "--expect", wrong).code == 1
    assert here("draw", "verify", shown.proof, "--expect", "not a hash").code == 2


def test_winners_are_accepted_entries_one_prize_each(shown: Shown) -> None:
    state, body = rows(shown.data, "SELECT state, body FROM draw")[0]
    assert state in ("claim", "archived")
    accepted = {
        row[0].hex() for row in rows(shown.data, "SELECT pseudonym FROM draw_entry WHERE refused IS NULL")
    }
    drawn = json.loads(body)["drawn"]["record"]
    leaves = json.loads(shown.proof.read_text(encoding="utf-8"))["leaves"]
    places = drawn["winners"] + drawn["reserves"]
    assert len(leaves) == len(accepted) == shown.summary["draw_entries"]
    assert len(drawn["winners"]) == 3
    assert len(set(places)) == len(places)
    assert all(any(leaves[place].startswith(one) for one in accepted) for place in places)


def test_the_record_verifies_and_says_what_it_looked_at(shown: Shown) -> None:
    verified = changkong("audit", "verify", "--data", shown.data)
    assert verified.code == 0, verified.err
    assert verified.json["verified"] is True
    assert verified.json["records"] == shown.summary["audit"]["records"]
    assert verified.json["chains"] == 2


def test_viewers_words_are_nowhere_in_plain(shown: Shown) -> None:
    """The one home of words is encrypted: what the show says is not to be read out of the file."""
    raw = (shown.data / "changkong.db").read_bytes()
    assert "暖冬福利".encode() in raw, "the draw's own keyword is public; the search itself works"
    for words in ("明天见", "辛苦了"):
        assert words.encode() not in raw


def test_a_second_demo_on_the_same_data_continues(shown: Shown, tmp_path: Path) -> None:
    data = copied(shown.data, tmp_path / "data")
    before = rows(data, "SELECT chain, seq, record_hash FROM audit_record ORDER BY chain, seq")
    comments = {row[0] for row in rows(data, "SELECT id FROM comment")}
    ended = demo(data)
    assert ended.code == 0, ended.err
    told = ended.json
    assert len(told["sessions"]) == 1
    assert told["sessions"] != shown.summary["sessions"]
    assert told["judged"] == shown.summary["judged"]
    after = rows(data, "SELECT chain, seq, record_hash FROM audit_record ORDER BY chain, seq")
    assert set(before) < set(after)
    assert comments < {row[0] for row in rows(data, "SELECT id FROM comment")}
    assert number(data, "SELECT COUNT(*) FROM session") == 2
    assert [row[0] for row in rows(data, "SELECT sequence FROM draw ORDER BY sequence")] == [1, 2]
    assert here("audit", "verify", "--data", data).code == 0
    assert here("draw", "verify", told["draws"][0]["proof"]).code == 0
    with looking(data) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM comment")  # the eyes of these stories cannot touch anything
