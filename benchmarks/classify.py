"""How fast comments are judged, beside what a user would otherwise pick: `python benchmarks/classify.py [seconds]`.

Each contender runs in a process of its own, one thread, on the same labelled comments:

  ours          the whole Cascade: rule book with all readings, 24 intents, purchase, negativity with kinds and severity
  ours60k       the same with 60,000 further made-up terms in the rule book, half of them matched by sound too
  usual         three scikit-learn Pipelines as usually written (TF-IDF of 1-3 characters, 200,000 features, linear SVM:
                the question, the purchase level, the negative kind), and a word list walked with `in`
  usual_words   the same with words cut by jieba, alone and in pairs, in the place of characters
  snownlp       SnowNLP's sentiment alone        (measured where the package is installed)
  cnsenti       cnsenti's word-list sentiment    (likewise)
  pyahocorasick a plain automaton over the literal terms alone, nothing else (likewise)

Prints JSON: comments per second one by one and in batches of 256, p50 and p99 of one comment in microseconds, seconds
to get ready, resident memory, and how many times faster ours is.
"""

from __future__ import annotations

import csv
import importlib
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from classifiers import labelled, rulebook

BATCH = 256
MADE_UP = 60_000
FEATURES = 200_000
CONTENDERS = ("ours", "ours60k", "usual", "usual_words", "snownlp", "cnsenti", "pyahocorasick")

Judge = Callable[[Sequence[str]], Any]


def taught() -> list[labelled.Labelled]:
    """All shipped labelled lines but the held-out ones: comments, reviews, lines of forums."""
    paths = [path for path in labelled.files([labelled.SHIPPED]) if path.stem not in labelled.HELD_OUT]
    return [row for path in paths for row in labelled.read(path)]


def comments() -> list[labelled.Labelled]:
    """Those of them that were written as comments, of the length and mix of a room, in any order."""
    paths = labelled.files([labelled.SHIPPED])
    rooms = [path for path in paths if not path.stem.startswith(("reviews", "forum"))]
    rows = [row for path in rooms if path.stem not in labelled.HELD_OUT for row in labelled.read(path)]
    random.Random(0).shuffle(rows)
    return rows


def ours() -> Judge:
    """The Cascade as shipped."""
    from classifiers.cascade import Cascade

    cascade = Cascade.load()
    cascade.warm()
    return cascade.judge


def ours60k() -> Judge:
    """The Cascade with MADE_UP more terms of three to five random hanzi that real comments never hold together."""
    from classifiers.cascade import Cascade

    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book"
        shutil.copytree(rulebook.SHIPPED, book)
        chance = random.Random(1)
        hanzi = [chr(code) for code in range(0x4E00, 0x9000)]
        with (book / "terms.csv").open("r+", encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
            file.seek(0, os.SEEK_END)
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            codes = sorted(rulebook.load().codes)
            for number in range(MADE_UP):
                rule = f"{codes[number % len(codes)]}-{5000 + number // len(codes):04d}"
                term = "".join(chance.choices(hanzi, k=chance.randint(3, 5)))
                lines = {"hit": term, "miss": f"{term[0]}或{term[1]}"}
                writer.writerow({"rule": rule, "term": term, "readings": "H" if number % 2 else "", **lines})
        cascade = Cascade.load(rulebook=book)
        cascade.warm()
        return cascade.judge


def usual() -> Judge:
    """The judgement as it is usually written: a Pipeline for each question, all of them asked about each text."""
    return _pipelines(analyzer="char", ngram_range=(1, 3))


def usual_words() -> Judge:
    """The same with jieba's words. Its dictionary is read here, for its own cache lies in a shared folder."""
    jieba = importlib.import_module("jieba")
    tokenizer = jieba.Tokenizer()
    with tokenizer.get_dict_file() as file:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(file)
    tokenizer.initialized = True
    return _pipelines(tokenizer=tokenizer.lcut, token_pattern=None, ngram_range=(1, 2))


def _pipelines(**way: Any) -> Judge:
    """24 intents or none, four purchase levels, seven negative kinds or none; `way`: how texts become features."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    rows = taught()
    heads = [
        make_pipeline(TfidfVectorizer(max_features=FEATURES, **way), LinearSVC()).fit(
            [r.text for r in rows], answers
        )
        for answers in (
            [row.faq or "none" for row in rows],
            [row.purchase for row in rows],
            [row.negative or "none" for row in rows],
        )
    ]
    listed = [word for term in rulebook.load().terms for word in term.spellings]
    return lambda texts: (
        [head.predict(texts) for head in heads], [[w for w in listed if w in text] for text in texts]
    )  # fmt: skip


def snownlp() -> Judge:
    """SnowNLP's sentiment of each text. Raises ImportError where it is not installed."""
    package = importlib.import_module("snownlp")
    return lambda texts: [package.SnowNLP(text).sentiments for text in texts]


def cnsenti() -> Judge:
    """cnsenti's count of good and bad words in each text. Raises ImportError where it is not installed."""
    judge = importlib.import_module("cnsenti").Sentiment()
    return lambda texts: [judge.sentiment_count(text) for text in texts]


def pyahocorasick() -> Judge:
    """All literal spellings of the rule book in one automaton. Raises ImportError where it is not installed."""
    automaton = importlib.import_module("ahocorasick").Automaton()
    for word in {word for term in rulebook.load().terms for word in term.spellings}:
        automaton.add_word(word, word)
    automaton.make_automaton()
    return lambda texts: [list(automaton.iter(text)) for text in texts]


def rate(judge: Judge, texts: Sequence[str], size: int, seconds: float) -> tuple[float, list[float]]:
    """Comments a second in batches of `size`, measured for about `seconds`, and how long each call took."""
    judge(texts[:size])
    took: list[float] = []
    spent = 0.0
    for at in itertools.cycle(range(0, len(texts) - size, size)):
        began = time.perf_counter()
        judge(texts[at : at + size])
        took.append(time.perf_counter() - began)
        spent += took[-1]
        if spent >= seconds:
            break
    return size * len(took) / spent, sorted(took)


def resident_mb() -> float | None:
    """Resident memory of this process in MB, None where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)


def measure(name: str, seconds: float) -> dict[str, Any]:
    """One contender's figures; `{"missing": package}` where it is not installed."""
    texts = [row.text for row in comments()]
    before, began = resident_mb(), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            judge: Judge = globals()[name]()
        except ImportError as error:
            return {"missing": error.name}
        ready = time.perf_counter() - began
        single, took = rate(judge, texts, 1, seconds)
        batched, _ = rate(judge, texts, BATCH, seconds)
    after = resident_mb()
    return {
        "one_by_one": round(single), f"batches_of_{BATCH}": round(batched),
        "p50_us": round(took[len(took) // 2] * 1e6, 1), "p99_us": round(took[int(len(took) * 0.99)] * 1e6, 1),
        "ready_s": round(ready, 2), "memory_mb": None if before is None or after is None else round(after - before, 1),
    }  # fmt: skip


def main(seconds: float = 3.0) -> dict[str, Any]:
    """Measure all contenders, one process each; gives and prints the figures."""
    figures: dict[str, Any] = {}
    for name in CONTENDERS:
        alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, __file__, "--only", name, str(seconds)],
            env=alone,
            capture_output=True,
            check=True,
        )
        figures[name] = json.loads(done.stdout)
    for name, found in figures.items():
        if "missing" not in found and not name.startswith("ours"):
            found["ours_is_faster"] = {
                key: round(figures["ours"][key] / found[key], 1)
                for key in ("one_by_one", f"batches_of_{BATCH}")
            }
    print(json.dumps(figures, indent=1))
    return figures


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        print(json.dumps(measure(sys.argv[2], float(sys.argv[3]))))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
