"""The shipped model examined with real text: `python benchmarks/real_sets.py DATA_DIR`.

DATA_DIR holds local copies of public sets in folders of their own: cold, toxicn, toxicloakcn, cntp,
online_shopping_10_cats, waimai_10k, eprstmt, chat_sentiment, service_questions_unlabelled, streams. Nothing of them but
COLD's training part teaches the shipped model, and none of their text is in this repository. Prints JSON: areas under
the ROC curve, accuracy, recall of abuse under each disguise, and false alarms on lines read by hand.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import roc_auc_score

from classifiers.cascade import Cascade
from classifiers.verdict import Verdict

_LABELS = Path(__file__).parent.parent / "tests" / "classifiers" / "labels"
_BATCH = 1024
_QUOTED = re.compile(r'"(?:msg|text|content)"\s*:\s*("(?:[^"\\]|\\.)*")')
_STYLE = re.compile(r"\{[^}]*\}")
REVIEWS = {
    "online_shopping_10_cats": "train.csv", "waimai_10k": "train.csv", "eprstmt": "dev.csv",
    "chat_sentiment": "dev_manual.csv",
}  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of one CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def judged(cascade: Cascade, texts: Sequence[str]) -> list[Verdict]:
    """Verdicts of many texts, in batches."""
    return [
        verdict for at in range(0, len(texts), _BATCH) for verdict in cascade.judge(texts[at : at + _BATCH])
    ]


def reviews(cascade: Cascade, data: Path) -> dict[str, float]:
    """Area under the ROC curve of `negative.score` on each set of reviews and remarks."""
    found = {}
    for name, file in REVIEWS.items():
        part = rows(data / name / file)
        scores = [verdict.negative.score for verdict in judged(cascade, [row["text"] for row in part])]
        found[name] = round(float(roc_auc_score([row["label"] == "negative" for row in part], scores)), 4)
    return found


def abuse(cascade: Cascade, data: Path) -> dict[str, float]:
    """Of `kinds.abuse`: the area under the curve on ToxiCN, accuracy at one half on COLD's dev part."""
    toxic, cold = rows(data / "toxicn" / "train.csv"), rows(data / "cold" / "dev.csv")
    on_toxic = [v.negative.kinds["abuse"] for v in judged(cascade, [row["text"] for row in toxic])]
    on_cold = [v.negative.kinds["abuse"] for v in judged(cascade, [row["text"] for row in cold])]
    right = sum(
        (score >= 0.5) == (row["label"] == "offensive") for score, row in zip(on_cold, cold, strict=True)
    )
    return {
        "toxicn_auc": round(
            float(roc_auc_score([row["label"] == "offensive" for row in toxic], on_toxic)), 4
        ),
        "cold_dev_accuracy": round(right / len(cold), 4),
    }


def disguises(cascade: Cascade, data: Path) -> dict[str, dict[str, float]]:
    """Share of offensive sentences whose `kinds.abuse` reaches one half, by set and disguise."""
    found: dict[str, dict[str, float]] = {}
    for name in ("cntp", "toxicloakcn"):
        part = [row for row in rows(data / name / "dev.csv") if row["label"] == "offensive"]
        reached: dict[str, list[bool]] = defaultdict(list)
        for row, verdict in zip(part, judged(cascade, [row["text"] for row in part]), strict=True):
            reached[row["variant"]].append(verdict.negative.kinds["abuse"] >= 0.5)
        found[name] = {variant: round(sum(hits) / len(hits), 4) for variant, hits in sorted(reached.items())}
    return found


def service(cascade: Cascade, data: Path) -> dict[str, float]:
    """Customers' lines labelled by hand: precision of answers, neutral lines called negative, banned false alarms."""
    labels = {row["hash"]: row for row in rows(_LABELS / "service.csv")}
    file = data / "service_questions_unlabelled" / "customer_utterances.csv"
    texts = [row["text"] for row in rows(file) if _hash(row["text"]) in labels]
    answered = right = neutral = blamed = flagged = 0
    for text, verdict in zip(texts, judged(cascade, texts), strict=True):
        label = labels[_hash(text)]
        if verdict.faq:
            answered += 1
            right += verdict.faq.intent in (label["faq"], *label["accepted"].split(";"))
        neutral += not label["negative"]
        blamed += not label["negative"] and verdict.negative.kind is not None
        flagged += bool(verdict.banned) and not label["banned"]
    return {
        "lines": len(texts), "answered": answered, "answer_precision": round(right / max(answered, 1), 4),
        "neutral_called_negative": round(blamed / max(neutral, 1), 4), "banned_false": round(flagged / len(texts), 4),
    }  # fmt: skip


def rooms(cascade: Cascade, data: Path) -> dict[str, float]:
    """Comments of rooms that sell nothing, read by hand: shares wrongly answered, taken for buying, flagged, blamed."""
    labels = {row["hash"]: row for row in rows(_LABELS / "danmaku.csv")}
    texts = sorted({text for text in _typed(data / "streams") if _hash(text) in labels})
    wrong = {"answered": 0, "purchase": 0, "banned": 0, "negative": 0}
    for text, verdict in zip(texts, judged(cascade, texts), strict=True):
        label = labels[_hash(text)]
        wrong["answered"] += verdict.faq is not None and label["asks"] in ("", "0")
        wrong["purchase"] += verdict.purchase.level >= 2 and label["purchase"] in ("", "0", "1")
        wrong["banned"] += bool(verdict.banned) and not label["banned"]
        wrong["negative"] += verdict.negative.kind is not None and not label["negative"]
    return {"comments": len(texts), **{name: round(count / len(texts), 4) for name, count in wrong.items()}}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _typed(folder: Path) -> Iterator[str]:
    """Every text in the recordings that could be a comment, in whatever format."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".md":
            yield from _in_lines(path.read_text(encoding="utf-8", errors="ignore").split("\n"))


def _in_lines(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        for quoted in _QUOTED.findall(line):
            try:
                yield json.loads(quoted)
            except ValueError:
                continue
        if line.startswith("Dialogue:"):
            text = line.split(",", 9)[-1].strip()
            yield text
            yield _STYLE.sub("", text)


def main(data: Path) -> dict[str, Any]:
    """Examine with everything; gives and prints the figures."""
    cascade = Cascade.load()
    found: dict[str, Any] = {
        part.__name__: part(cascade, data) for part in (reviews, abuse, disguises, service, rooms)
    }
    print(json.dumps(found, indent=1))
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
