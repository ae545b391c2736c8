from __future__ import annotations

import json
from typing import Any

import pytest

from lottery import life
from lottery.errors import RecordError
from lottery.record import ClosedRecord, DrawnRecord, VoidRecord
from lottery.states import State

from .makers import KEY, closed_case, finished

CASE = closed_case(preset="quick")
RECORDS: list[Any] = [
    CASE.closed[0].record,
    CASE.closed[1].record,
    finished().drawn.record,
    life.void(CASE.announced, "cancelled", State.OPEN, 5, KEY).record,
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
