"""Real recordings through the whole pipeline: what came of each file, how fast, and whether memory stays flat.

    python benchmarks/real_input.py [--streams DIR] [--write docs/real-input.md]

Every file is one `changkong replay FILE --speed max` in a process of its own. The recordings are not part of the
repository (their licences forbid it); the table holds counts and names of files, never a word of what was said.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STREAMS = ROOT.parent / "shared" / "data" / "streams"
WHOLE = (
    "bili-room-a-2020/*.txt",
    "bili-room-b-ass/*.ass",
    "twitch-fl0m-2021/*.log",
    "bilibili-raw-messages/*.jsonl",
)
REFUSED = ("huya-raw-messages/*.jsonl", "youtube-chatreplay/*.json", "youtube-action-samples/*.json",
           "bili-event-shapes/ANCHOR_LOT_AWARD/real_award.json")  # fmt: skip
HEAD = ("file", "format", "events", "comments", "judged", "dropped", "records", "verified", "wall_s", "comments/s",
        "rss at 1/10", "rss at end")  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """One file's way through `changkong replay`. `told` is None when it was refused with `sentence`."""

    name: str
    code: int
    told: dict[str, Any] | None
    sentence: str


def replayed(file: Path, streams: Path) -> Ran:
    words = [sys.executable, "-m", "bot", "replay", str(file), "--speed", "max", "--summary", "-"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, encoding="utf-8")
    name = file.relative_to(streams).as_posix()
    sentence = done.stderr.strip().replace(str(file), name)
    return Ran(name, done.returncode, json.loads(done.stdout) if done.returncode == 0 else None, sentence)


def cells(ran: Ran) -> list[str]:
    assert ran.told is not None
    told = ran.told
    return [
        ran.name, told["format"], str(sum(told["events"].values())), str(told["comments"]), str(told["judged"]),
        str(told["dropped"]), str(told["audit"]["records"]), "yes" if told["audit"]["verified"] else "NO",
        f"{told['wall_s']:.1f}", f"{told['comments_per_s']:.0f}", f"{told['rss_mb']['at_tenth']:.0f}",
        f"{told['rss_mb']['end']:.0f}",
    ]  # fmt: skip


def total(rans: list[Ran]) -> list[str]:
    told = [ran.told for ran in rans if ran.told is not None]
    counts = [sum(sum(one["events"].values()) for one in told)]
    counts += [sum(one[name] for one in told) for name in ("comments", "judged", "dropped")]
    counts.append(sum(one["audit"]["records"] for one in told))
    wall = sum(one["wall_s"] for one in told)
    sound = all(one["audit"]["verified"] for one in told)
    largest = [max(one["rss_mb"][name] for one in told) for name in ("at_tenth", "end")]
    return [
        f"all {len(told)} files", "", *map(str, counts), "yes" if sound else "NO", f"{wall:.1f}",
        f"{counts[1] / wall:.0f}", *(f"{one:.0f} (largest)" for one in largest),
    ]  # fmt: skip


def table(rows: list[list[str]]) -> str:
    lines = [list(HEAD), ["---"] * len(HEAD), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(rans: list[Ran], refused: list[Ran]) -> str:
    """The page docs/real-input.md."""
    versions: dict[str, str] = next((ran.told["versions"] for ran in rans if ran.told is not None), {})
    listed = "\n".join(f"- exit code {ran.code}: {_plain(ran.sentence)}" for ran in refused)
    return f"""# Real recordings, file by file

Made by `python benchmarks/real_input.py --write docs/real-input.md`. Each file went through `changkong replay FILE
--speed max` in a process of its own: judged, decided, stored, recorded, and the record verified afterwards. The
recordings are not part of this repository; this page holds counts, never a word of what was said.

Python {platform.python_version()} on {platform.system()} {platform.machine()}, model {versions.get("model")}, rule book
{versions.get("rulebook")}. The machine was doing other work at the same time, so the speeds are a lower bound. Memory
is resident MB after a tenth of the comments and at the end (the program itself, with its model and its dictionary, is
about 210).

{table([*map(cells, rans), total(rans)])}

`comments` is what the file holds, `judged` what was judged of it, `dropped` what was lost on the way. Records are one
for each comment, and those of sessions, batches, answers and keys.

## Refused

A file of a kind this program does not read ends with exit code 2 and one sentence:

{listed}
"""


def _plain(sentence: str) -> str:
    return re.sub(r"\s+", " ", sentence)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=Path, default=STREAMS, help="where the recordings lie")
    parser.add_argument("--write", type=Path, help="write the page to this file")
    given = parser.parse_args()
    if not given.streams.is_dir():
        parser.error(f"{given.streams} is not there; name the recordings' directory with --streams")
    files = [file for pattern in WHOLE for file in sorted(given.streams.glob(pattern))]
    rans: list[Ran] = []
    refused: list[Ran] = []
    for file in files:
        ran = replayed(file, given.streams)
        print(" | ".join(cells(ran)) if ran.told else f"{ran.name}: {ran.code} {ran.sentence}", flush=True)
        (rans if ran.told else refused).append(ran)
    refused += [
        replayed(file, given.streams) for pattern in REFUSED for file in sorted(given.streams.glob(pattern))
    ]
    text = page(rans, refused)
    if given.write is not None:
        given.write.write_text(text, encoding="utf-8", newline="\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
