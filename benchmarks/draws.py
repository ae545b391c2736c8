"""How long a draw of a million entries takes, from the first comment to the last check, beside the usual other ways.

    python benchmarks/draws.py [--quick] [--entries N] [--heard N] [--winners K] [--page N] [--dir DIR]

One run, one machine, a new store on its disk with full flushing. The targets stand beside the figures; they are for
1,000,000 entries and scale with `--entries`. `--heard` comments go the whole way (judging, deciding, storing,
recording). The other ways are here to be compared with, not to be used: none of them lets a viewer check the result.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import hmac
import os
import random
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.app.demo import practice_sheet
from bot.comment import Comment, RoomKey, Viewer
from bot.decision import Capabilities
from bot.draws.announcing import Shut, announced, open_draw
from bot.draws.book import commitment_of, moved, salt_of
from bot.draws.lists import Lists, lists_of
from bot.draws.steps import closed, drawn, shut
from bot.pipeline import BATCH_LIMIT, fold
from bot.policy import Handbook, RoomState
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from classifiers.cascade import Cascade
from lottery import merkle
from lottery.beacon import practice_beacon
from lottery.entry import Entered, Entrants, Heard
from lottery.proof import EntryList
from lottery.states import State
from replies.library import Library

ROOM = RoomKey("bilibili", "1")
T0 = 1_790_000_000_000
VERIFIERS = Path(__file__).resolve().parents[1] / "lottery" / "verifiers"
ROWS_AT_ONCE = 4_096


class Spent(float):
    """Seconds of wall time; `cpu`: of processor time, which work beside us does not change."""

    cpu: float


class Watch:
    """Started when it is made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def stop(self) -> Spent:
        """What was spent since."""
        spent = Spent(time.perf_counter() - self.wall)
        spent.cpu = time.process_time() - self.cpu
        return spent


class Table:
    """Rows printed as they come: what, figure, the same by processor time, target, whether it is met."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.missed: list[str] = []

    def add(
        self, what: str, spent: Spent, target: float | None = None, *, count: int = 0, ms: bool = False
    ) -> None:
        """A time, its target scaled to the number of entries; or, with `count`, how many a second."""
        unit = "/s" if count else "ms" if ms else "s"
        wall, cpu = (
            count / one if count else one * (1_000 if ms else 1) for one in (spent, max(spent.cpu, 1e-9))
        )
        said = ""
        if target is not None:
            bound = target if count or ms else target * self.share
            met, alone = ((one >= bound) if count else (one <= bound) for one in (wall, cpu))
            said = f"{'>=' if count else '<='} {bound:,.6g} {'met' if met else 'MISSED'}"
            if not met:
                said += " (met by processor time: the machine was busy)" if alone else ""
                self.missed.append(what)
        figures = 0 if count else 3
        print(f"{what:<64}{wall:>12,.{figures}f} {unit:<3}{cpu:>12,.{figures}f}  {said}", flush=True)


def took(run: Callable[[], Any]) -> tuple[Spent, Any]:
    """What was spent, and the result."""
    watch = Watch()
    made = run()
    return watch.stop(), made


def median(run: Callable[[], Any], times: int) -> Spent:
    """The middle one of so many runs."""
    return sorted(took(run)[0] for _ in range(times))[times // 2]


def peak_mb() -> float:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def new_draw(winners: int) -> DrawRow:
    """A practice draw, open from T0 + 5 s for an hour."""
    cue = {"title": "抽洁面乳", "keyword": "好运", "prize": "洁面乳", "quantity": winners, "value_fen": 5900,
           "reserves": 0, "lead_s": 10, "window_s": 3600}  # fmt: skip
    row, _ = announced(practice_sheet(cue), "practice", T0, ROOM, "bench", None, Shut())
    return moved(row, State.OPEN)


def accept(journal: Journal, row: DrawRow, count: int) -> Spent:
    """For `count` comments of the right words: judged by the rule, named, and flushed in batches."""
    rule = open_draw(row).rule(ROOM)
    names = Entrants(salt_of(row), row.id, ROOM.platform)
    entered: set[str] = set()
    watch = Watch()
    for first in range(0, count, ROWS_AT_ONCE):
        with journal.deed() as deed:
            rows = []
            for number in range(first, min(first + ROWS_AT_ONCE, count)):
                heard = Heard("好运", f"u{number}", ROOM.platform, ROOM.room_id, T0 + 20_000 + number // 1000)
                outcome = rule.judge(heard, entered)
                assert isinstance(outcome, Entered)
                entered.add(outcome.key)
                salt, name = names.of(outcome.uid)
                rows.append({
                    "id": number + 1, "draw_id": row.id, "uid_cipher": None, "subject_id": outcome.uid,
                    "pseudonym": name, "entry_salt": salt, "comment_id": f"c{number}", "at_ms": heard.at_ms,
                    "refused": None, "value": outcome.value, "wave": outcome.wave,
                })  # fmt: skip
            deed.insert("draw_entry", rows)
    return watch.stop()


def hear(journal: Journal, row: DrawRow, count: int) -> Spent:
    """For `count` comments to go the whole way, each from a viewer never seen before."""
    judge = Cascade.load().judge
    book = Handbook(Library(), Capabilities(), True)
    state = RoomState(ROOM, draw=open_draw(row), latest_draw=row.id)
    watch = Watch()
    for first in range(0, count, BATCH_LIMIT):
        said = [
            Comment(
                ROOM, Viewer(f"h{number}", "观众"), "好运", T0 + 20_000 + number, T0 + 20_000 + number,
                msg_id=f"m{number}",
            )
            for number in range(first, min(first + BATCH_LIMIT, count))
        ]  # fmt: skip
        batch = fold(state, said, judge=judge, handbook=book, new_id=lambda: "bench", clock_source="practice")
        journal.commit(batch)
        state = batch.state
    return watch.stop()


def floor(folder: Path, count: int) -> None:
    """What nobody who keeps the promise can leave out, for each entry: hashes, bytes, flushes."""
    block, leaf = os.urandom(64), os.urandom(41)

    def hashes() -> None:
        for _ in range(100_000):
            for _ in range(4):
                hashlib.sha256(block).digest()
            hashlib.sha256(leaf).digest()
            hashlib.sha256(block).digest()

    each = 200  # bytes of a row with its two index entries
    batch = os.urandom(ROWS_AT_ONCE * each)
    with (folder / "floor").open("wb") as file:

        def flush() -> None:
            file.write(batch)
            file.flush()
            os.fsync(file.fileno())

        flushed = median(flush, 10) * count / ROWS_AT_ONCE
    hashed = median(hashes, 3) * count / 100_000
    print(
        f"floor: {count:,} entries = 4 SHA-256 for salt and name and 2 for leaf and tree each, {hashed:.2f} s; "
        f"{count * each / 1e6:.0f} MB in {-(-count // ROWS_AT_ONCE)} flushes, {flushed:.2f} s"
    )


def others(leaves: Sequence[bytes], winners: int) -> dict[str, Spent]:
    """The usual ways to choose from the same entries."""
    seed = secrets.token_bytes(32)
    return {
        "random.SystemRandom().sample, which nobody can check": median(
            lambda: random.SystemRandom().sample(leaves, winners), 3
        ),
        "sorted by HMAC-SHA256 of each entry": median(
            lambda: sorted(leaves, key=lambda leaf: hmac.digest(seed, leaf, "sha256"))[:winners], 1
        ),
        "smallest by HMAC-SHA256 of each entry": median(
            lambda: heapq.nsmallest(winners, leaves, key=lambda leaf: hmac.digest(seed, leaf, "sha256")), 1
        ),
        "the tree alone, from sorted leaves": median(lambda: merkle.build(leaves), 1),
    }


def page_s(folder: Path, row: DrawRow) -> Spent | None:
    """Until the page's own script has checked the draw in Chromium; None without a Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    proof = (folder / f"{row.id}.proof.json").read_text(encoding="utf-8")
    listed = (folder / f"{row.id}.list.json").read_text(encoding="utf-8")
    script = """async ([proof, list]) => {
      const start = performance.now();
      const result = await lfd1.verify(proof, { list });
      return [result.ok, performance.now() - start];
    }"""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.add_script_tag(path=VERIFIERS / "vendor" / "noble-bls12-381.js")
        page.add_script_tag(path=VERIFIERS / "browser.js")
        ok, ms = page.evaluate(script, [proof, listed])
        browser.close()
    assert ok, "the page does not take the proof"
    spent = Spent(ms / 1e3)
    spent.cpu = ms / 1e3  # another process's is not told
    return spent


def finished(row: DrawRow, lists: Lists, folder: Path) -> tuple[Spent, Spent, DrawRow, int]:
    """(drawing and building the proof, writing the files, the row, bytes of both files)."""
    terms = commitment_of(row).record
    beacon = practice_beacon(terms.beacon.round)
    drawing, step = took(lambda: drawn(row, lists, beacon, terms.beacon.due_ms))
    assert step.proof is not None
    watch = Watch()
    written = (folder / f"{row.id}.proof.json").write_bytes(step.proof.to_bytes())
    written += (folder / f"{row.id}.list.json").write_bytes(
        EntryList.of(row.id, lists.roster, lists.exclusions).to_bytes()
    )
    return drawing, watch.stop(), step.row, written


def listed(journal: Journal, row: DrawRow) -> tuple[Spent, DrawRow, Lists]:
    """(closing: read, sort, leaves, tree, root, signature; the row; the lists)."""
    ended = shut(row).row
    watch = Watch()
    lists = lists_of(journal, ended)
    step = closed(ended, lists, commitment_of(row).record.terms.close_at + 2_000)  # type: ignore[union-attr]
    return watch.stop(), moved(step.row, State.BEACON), lists


def checked(folder: Path, row: DrawRow) -> Spent:
    """A run of `python -m lottery verify` with both files, from its start to its end."""
    command = [
        sys.executable, "-m", "lottery", "verify", str(folder / f"{row.id}.proof.json"), "--list",
        str(folder / f"{row.id}.list.json"), "--expect", commitment_of(row).hash[:16],
    ]  # fmt: skip
    here = Path(__file__).resolve().parents[1]
    before = os.times()
    taken, done = took(lambda: subprocess.run(command, cwd=here, capture_output=True, check=False))
    after = os.times()
    taken.cpu = after.children_user + after.children_system - before.children_user - before.children_system
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return taken


def whole(folder: Path, entries: int, winners: int, table: Table) -> None:
    """One large draw from its entries to the check of its files."""
    store = open_store(folder)
    journal = Journal(store, lambda: T0)
    row = new_draw(winners)
    journal.save_draw(row, by="bench")
    table.add("accepted, named and durable", accept(journal, row, entries), 20_000, count=entries)
    taken, row, lists = listed(journal, row)
    assert len(lists.roster) == entries
    table.add("closed: read, sorted, leaves, tree, root, signed", taken, 6)
    alone = took(lambda: type(lists.roster).of((leaf[:32], 1) for leaf in reversed(lists.roster.leaves)))[0]
    table.add("  of that sort, leaves, tree and root", alone)
    drawing, writing, row, size = finished(row, lists, folder)
    table.add(f"drawn: {winners} winners, paths, verified, signed", drawing, 0.5)
    table.add(f"  proof and list file written ({size / 1e6:.0f} MB)", writing)
    names = [leaf[:32] for leaf in random.Random(1).sample(lists.roster.leaves, 200)]
    root = lists.roster.root

    def shown(name: bytes) -> None:
        position = lists.roster.find(name)
        assert position is not None
        lists.roster.show(position).verify(entries, root)

    each = sorted(took(partial(shown, name))[0] for name in names)[len(names) // 2]
    table.add("proof of one entrant: found, shown and checked", each, 5, ms=True)
    table.add("verified from the files by python -m lottery verify", checked(folder, row), 12)
    for what, seconds in others(lists.roster.leaves, winners).items():
        table.add(f"beside it ({seconds / drawing:,.3g} x ours): {what}", seconds)
    journal.close()
    store.close()
    print(
        f"memory at the peak {peak_mb():,.0f} MB; store {(folder / 'changkong.db').stat().st_size / 1e6:,.0f} MB"
    )


def main() -> int:
    """Print the table; 1 when a target was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--heard", type=int, default=50_000)
    parser.add_argument("--winners", type=int, default=100)
    parser.add_argument("--page", type=int, default=10_000, help="entries of the draw that the page verifies")
    parser.add_argument("--quick", action="store_true", help="20,000 entries, 5,000 heard, a page of 1,000")
    parser.add_argument("--dir", type=Path, default=None)
    asked = parser.parse_args()
    if asked.quick:
        asked.entries, asked.heard, asked.page = 20_000, 5_000, 1_000
    table = Table(max(asked.entries / 1_000_000, 0.2))
    busy = f", load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""
    print(f"{asked.entries:,} entries, {asked.winners} winners; one run{busy}")
    print(f"{'':<64}{'wall':>12}    {'processor':>12}  target")
    with tempfile.TemporaryDirectory(dir=asked.dir) as place:
        folder = Path(place)
        whole(folder / "whole", asked.entries, asked.winners, table)
        floor(folder, asked.entries)
        second(folder / "heard", asked.heard, asked.page, asked.winners, table)
    print("all targets met" if not table.missed else f"MISSED: {', '.join(table.missed)}")
    return 1 if table.missed else 0


def second(folder: Path, heard: int, entries: int, winners: int, table: Table) -> None:
    """The whole way of comments, and the page's draw."""
    store = open_store(folder)
    row = new_draw(winners)
    names = Entrants(salt_of(row), row.id, ROOM.platform)
    journal = Journal(store, lambda: T0, entrant=lambda draw_id, platform, uid: names.of(uid))
    journal.save_draw(row, by="bench")
    taken = hear(journal, row, heard)
    assert journal.entry_counts(row.id)[0] == heard
    table.add("the whole way: judged, decided, stored, recorded, all new", taken, count=heard)
    small = new_draw(min(winners, entries))
    with journal.deed() as deed:
        deed.conn.exec_driver_sql("DELETE FROM draw_entry")
    journal.save_draw(small, by="bench")
    accept(journal, small, entries)
    _, small, lists = listed(journal, small)
    small = finished(small, lists, folder)[2]
    taken_by_page = page_s(folder, small)
    if taken_by_page is None:
        print("the page: no Chromium or no playwright on this machine")
    else:
        table.add(f"the page in Chromium checks a draw of {entries:,}", taken_by_page, 3_000, ms=True)
    journal.close()
    store.close()


if __name__ == "__main__":
    raise SystemExit(main())
