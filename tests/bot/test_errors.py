"""The tree of errors and the codes it gives the command line."""

from __future__ import annotations

import inspect

from bot import errors

KINDS = [one for _, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]


def test_everything_is_one_tree() -> None:
    assert all(issubclass(kind, errors.ChangkongError) for kind in KINDS)
    assert len(KINDS) >= 12


def test_only_wrong_calls_and_inputs_give_two() -> None:
    assert {kind.__name__ for kind in KINDS if kind.exit_code == 2} == {
        "InputError", "SettingsError", "RecordingError",
    }  # fmt: skip
    assert {kind.exit_code for kind in KINDS} == {1, 2}


def test_errors_carry_what_callers_need() -> None:
    assert errors.RecordingError("x", line=3).line == 3
    assert errors.RecordingError("x").line is None
    assert errors.AuthRefused("x").retry is False
    assert errors.PlatformBusy("x", retry_after=2.5).retry_after == 2.5
    assert errors.Conflict("x", holder="amy").holder == "amy"
    broken = errors.RecordBroken("bad", chain="house", seq=4)
    assert (str(broken), broken.chain, broken.seq) == ("bad", "house", 4)
