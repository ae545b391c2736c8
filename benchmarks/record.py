"""How fast batches are recorded, and how far that is from what hashing and flushing alone must cost.

    python benchmarks/record.py [--batches 60] [--viewers 5000] [--dir DIR]

Every batch has 256 comments of made-up characters. The floor is what no implementation of the same promise can leave
out: three SHA-256 and one AES-GCM per comment, one flushed write of the batch's bytes. Figures side by side, one run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.comment import Comment, RoomKey, Viewer
from bot.decision import Decision, Escalation, Judged, Reply
from bot.pipeline import BATCH_LIMIT, Batch, SessionChange
from bot.policy import RoomState
from bot.storage.audit import verify
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from classifiers.verdict import Faq, Hit, Negative, Purchase, Verdict, Versions

GOAL_MS = 60.0
ROOM = RoomKey("bilibili", "1")
T0 = 1_763_712_000_000
VERSIONS = Versions("m", "r", "n")


def make_batch(number: int, viewers: int, chance: random.Random) -> Batch:
    """256 comments: every 5th a question, every 30th answered, every 40th flagged, every 50th a case."""
    judged = []
    for seq in range(number * BATCH_LIMIT, (number + 1) * BATCH_LIMIT):
        words = "".join(chr(0x4E00 + chance.randrange(3_000)) for _ in range(chance.randint(2, 20)))
        at_ms = T0 + seq * 10
        viewer = Viewer(f"u{chance.randrange(viewers)}", "观众")
        comment = Comment(ROOM, viewer, words, at_ms, at_ms, msg_id=f"m{seq}", frame_hash="ab" * 32)
        grave, flagged = seq % 50 == 0, seq % 40 == 0
        verdict = Verdict(
            Faq("price", 0.9) if seq % 5 == 0 else None, Purchase(1, 0.3),
            Negative("quality", 2, 0.8, {"quality": 0.8}) if grave else Negative(None, 0, 0.01, {"quality": 0.01}),
            (Hit("D01", 0, 1, words[0], words[0], "D01-1"),) if flagged else (), VERSIONS, words,
        )  # fmt: skip
        reply = Reply("p", "d" * 64, "price", None, "价格以购物车页面为准", "suggest", at_ms, at_ms + 20_000)
        decision = Decision(
            reply=reply if seq % 30 == 0 else None, escalation=Escalation(("C01",), 2, False) if grave else None,
            flagged=flagged, codes=("C01",) if grave else (),
        )  # fmt: skip
        judged.append(Judged("bench", seq, comment, verdict, decision, at_ms))
    state = RoomState(ROOM, "bench", T0, False, judged[-1].seq + 1, judged[-1].now_ms)
    opened = (SessionChange("bench", ROOM, T0, None, "first_event"),) if number == 0 else ()
    return Batch(ROOM, "replay", opened, tuple(judged), (), (), 0, state)


def median_ms(act: Callable[[], None], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def floor_ms(directory: Path, size: int) -> tuple[float, float]:
    """(hashes and encryption, flushed write) of one batch of `size` bytes, medians."""
    cipher, body, words = AESGCM(os.urandom(32)), os.urandom(900), os.urandom(120)

    def compute() -> None:
        for _ in range(BATCH_LIMIT):
            cipher.encrypt(b"n" * 12, words, None)
            for _ in range(3):
                hashlib.sha256(body).digest()

    with (directory / "floor").open("wb") as file:
        block = os.urandom(size)

        def flush() -> None:
            file.write(block)
            file.flush()
            os.fsync(file.fileno())

        return median_ms(compute, 20), median_ms(flush, 20)


def rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--viewers", type=int, default=5_000)
    parser.add_argument("--dir", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.dir) as place:
        data = Path(place)
        store = open_store(data)
        journal = Journal(store, lambda: time.time_ns() // 1_000_000)
        chance, taken, early = random.Random(1), [], 0.0
        for number in range(asked.batches):
            batch = make_batch(number, asked.viewers, chance)
            start = time.perf_counter()
            journal.commit(batch)
            taken.append((time.perf_counter() - start) * 1e3)
            if number == asked.batches // 10:
                early = rss_mb()
        journal.close()
        start = time.perf_counter()
        report = verify(store)
        checked = time.perf_counter() - start
        late = rss_mb()
        store.close()
        size = (data / "changkong.db").stat().st_size // asked.batches
        compute, flush = floor_ms(data, size)
    taken.sort()
    p50, p95 = statistics.median(taken), taken[int(len(taken) * 0.95)]
    floor = compute + flush
    rate, checking = BATCH_LIMIT / statistics.mean(taken) * 1e3, report.records / checked
    print(f"batch of {BATCH_LIMIT}   p50 {p50:.1f} ms   p95 {p95:.1f} ms   worst {taken[-1]:.1f} ms")
    print(
        f"floor          {floor:.1f} ms = hashes and encryption {compute:.1f} + {size} bytes flushed {flush:.1f}"
    )
    print(
        f"distance       {p50 / floor:.1f} x the floor; {p50 / GOAL_MS:.2f} of the goal of {GOAL_MS:.0f} ms"
    )
    print(f"rate           {rate:.0f} comments/s; {size / BATCH_LIMIT:.0f} bytes each")
    print(
        f"verify         {report.records} records in {checked:.1f} s, {checking:.0f}/s, ok={report.verified}"
    )
    print(f"memory         {early:.0f} MB after a tenth, {late:.0f} MB at the peak")
    return 0 if report.verified and p50 <= GOAL_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
