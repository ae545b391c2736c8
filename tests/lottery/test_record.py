from __future__ import annotations

import json
from typing import Any

import pytest

from lottery import life
from lottery.errors import RecordError
from lottery.record import ClosedRecord, DrawnRecord, VoidRecord
from lottery.states import State

from .makers import KEY, closed_case, contest_case, finished

CASE = closed_case(preset="quick")
RECORDS: list[Any] = [
    CASE.closed[0].record,
    CASE.closed[1].record,
    finished().drawn.record,
    life.void(CASE.announced, "cancelled", State.OPEN, 5, KEY).record,
    contest_case("quiz").closed[0].record,
    contest_case("rain").closed[0].record,
]


@pytest.mark.parametrize("record", RECORDS)
def test_records_read_back(record: ClosedRecord | DrawnRecord | VoidRecord) -> None:
    assert type(record).from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize("record", RECORDS)
def test_no_field_may_be_missing_unknown_or_of_another_kind(record: Any) -> None:
    whole = record.to_json()
    for key in whole:
        with pytest.raises(RecordError):
            type(record).from_json({k: v for k, v in whole.items() if k != key})
        with pytest.raises(RecordError):
            type(record).from_json({**whole, key: 1.5})
    with pytest.raises(RecordError, match="nobody knows"):
        type(record).from_json({**whole, "note": "x"})
    with pytest.raises(RecordError):
        type(record).from_json([whole])


def test_reasons_are_known_ones() -> None:
    void = RECORDS[3].to_json()
    with pytest.raises(RecordError):
        VoidRecord.from_json({**void, "reason": "unwelcome"})
    closed = RECORDS[0].to_json()
    with pytest.raises(RecordError):
        ClosedRecord.from_json({**closed, "excluded": {"disliked": 1}})
    with pytest.raises(RecordError):
        ClosedRecord.from_json({**closed, "excluded": {"late": 0}})


def test_a_closed_record_of_the_first_versions_has_no_answer() -> None:
    new = RECORDS[4].to_json()
    old = {key: value for key, value in new.items() if key not in ("answer", "excluded_viewers")}
    read = ClosedRecord.from_json(old)
    assert (read.answer, read.excluded_viewers) == (None, None)
    assert read.to_json() == old
    for answer in ({}, "九点", {"salt": "00" * 32, "answers": []}):
        with pytest.raises(RecordError):
            ClosedRecord.from_json({**new, "answer": answer})
    with pytest.raises(RecordError):
        ClosedRecord.from_json({**new, "excluded_viewers": -1})
