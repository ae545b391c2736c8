"""`python -m lottery verify PROOF`: the verifier for everybody, with nothing installed but the curve
library.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from . import succession
from .beacon import Beacon, parse_relay
from .entry_list import LARGEST_BYTES as LARGEST_LIST
from .entry_list import EntryList, parse_list
from .errors import LotteryError
from .proof import LARGEST_BYTES
from .verify import expected_hash, verify_bytes

OK, FAILED, UNUSABLE = 0, 1, 2
_LARGEST_BEACON = 64 * 1024
_LARGEST_RECORDS = 64 * 1024 * 1024

_EPILOG = """\
example:
  python -m lottery verify draw-7.proof.json --expect fd457b094a94eeb9 --real

exit code: 0 the proof verifies, 1 it does not, 2 the call or a file cannot be used."""


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run the command line and give the exit code. `arguments` None means the process's own."""
    out = _utf8(sys.stdout) if out is None else out
    err = _utf8(sys.stderr) if err is None else err
    parsed = _parser().parse_args(arguments)
    if parsed.command == "chain":
        return verify_chain(parsed.records, out, err)
    return verify_file(
        parsed.proof, parsed.expect, parsed.real, parsed.beacon, parsed.json, out, err, parsed.list
    )


def verify_file(
    path: str,
    expect: str | None,
    real: bool,
    beacon_path: str | None,
    as_json: bool,
    out: TextIO,
    err: TextIO,
    list_path: str | None = None,
) -> int:
    """Verify the proof file at `path`, print the report to `out`, give the exit code.

    `expect` and `real` as in `verify.verify`; `beacon_path` names a file with a relay's JSON for the round,
    `list_path` the draw's list file. What cannot be read is said on `err` in one sentence.
    """
    at = path  # the file being read, for the message
    own: Beacon | None = None
    listed: EntryList | None = None
    try:
        if beacon_path is not None:
            at = beacon_path
            own = parse_relay(_read(at, _LARGEST_BEACON))
        if list_path is not None:
            at = list_path
            listed = parse_list(_read(at, LARGEST_LIST))
        at = path
        if expect is not None:
            expected_hash(expect)
        report = verify_bytes(_read(path, LARGEST_BYTES), expect, real, own, listed)
    except LotteryError as error:
        print(f"{at!r}: {error}", file=err)
        return UNUSABLE
    except OSError as error:
        print(f"{error.filename!r}: cannot be read ({error.strerror}); check the path.", file=err)
        return UNUSABLE
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False), file=out)
    else:
        print("\n".join(report.lines()), file=out)
    return OK if report.ok else FAILED


def verify_chain(paths: Sequence[str], out: TextIO, err: TextIO) -> int:
    """Check that the records files at `paths` are all the draws of one room from its first on, none left out."""
    at = ""
    told = []
    try:
        for at in paths:
            told.append(succession.read(_read(at, _LARGEST_RECORDS)))
    except LotteryError as error:
        print(f"{at!r}: {error}", file=err)
        return UNUSABLE
    except OSError as error:
        print(f"{error.filename!r}: cannot be read ({error.strerror}); check the path.", file=err)
        return UNUSABLE
    try:
        draws = succession.check_told(told)
    except LotteryError as error:
        print(f"结果：未通过 / result: FAILED; {error}", file=out)
        return FAILED
    for announced, end in draws:
        terms = announced.record.terms
        number = 0 if terms is None else terms.sequence
        how = "running" if end is None else end.record.KIND
        print(f"{number} {announced.record.draw_id} {how} {announced.hash[:16]}", file=out)
    print(
        f"结果：通过，共 {len(draws)} 场，没有缺号 / result: ok; {len(draws)} draws, none left out", file=out
    )
    return OK


def _read(path: str, largest: int) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(largest + 1)  # one more than allowed, so that the reader can tell


def _utf8(stream: TextIO) -> TextIO:
    """Chinese must not break on a console of another code page (Windows)."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lottery", description="Check a Changkong prize draw offline."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser(
        "verify",
        help="recompute a draw from its proof file and print each step",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument("proof", metavar="PROOF", help="the proof file")
    verify.add_argument(
        "--expect", metavar="HASH", help="commitment or closed hash shown in the room (16+ hex digits)"
    )
    verify.add_argument("--real", action="store_true", help="refuse practice draws")
    verify.add_argument(
        "--beacon", metavar="FILE", help="the round's JSON from a drand relay, as a second source"
    )
    verify.add_argument(
        "--list", metavar="FILE", help="the draw's list file: completes a short proof, shows the exclusions"
    )
    verify.add_argument("--json", action="store_true", help="print the report as JSON")
    chain = commands.add_parser("chain", help="check that no draw of a room was left out or drawn twice")
    chain.add_argument("records", metavar="RECORDS", nargs="+", help="records.json of every draw of the room")
    return parser
