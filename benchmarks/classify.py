"""How fast comments are judged, beside the way it is usually written: `python benchmarks/classify.py [seconds]`.

Both sides run in this one process, one thread, on the same labelled comments:

  ours    the whole Cascade: rule book, 24 intents, purchase, negativity with kinds and severity
  usual   three scikit-learn Pipelines (jieba words, TF-IDF, logistic regression) and a word list walked with `in`

Prints JSON: comments per second one by one and in batches of 256, and the ratios.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from classifiers import labelled, rulebook
from classifiers.cascade import Cascade
from classifiers.labelled import Labelled

BATCH = 256


def usual(rows: Sequence[Labelled]) -> Callable[[Sequence[str]], Any]:
    """The judgement as it is usually written, trained on `rows`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba

    tokenizer = jieba.Tokenizer()
    with tokenizer.get_dict_file() as file:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(file)
    tokenizer.initialized = True

    def fitted(answers: Sequence[object]) -> Pipeline:
        words = TfidfVectorizer(tokenizer=tokenizer.lcut, token_pattern=None, ngram_range=(1, 2))
        return make_pipeline(words, LogisticRegression(max_iter=200)).fit([row.text for row in rows], answers)

    heads = [
        fitted([row.faq or "none" for row in rows]),
        fitted([row.purchase for row in rows]),
        fitted([row.negative or "none" for row in rows]),
    ]
    listed = [word for term in rulebook.load().terms for word in term.spellings]

    def judge(texts: Sequence[str]) -> Any:
        return [head.predict_proba(texts) for head in heads], [
            [w for w in listed if w in text] for text in texts
        ]

    return judge


def rate(judge: Callable[[Sequence[str]], Any], texts: Sequence[str], size: int, seconds: float) -> float:
    """Comments a second in batches of `size`, measured for about `seconds`."""
    judge(texts[:size])
    done, at, start = 0, 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        judge(texts[at : at + size])
        done += len(texts[at : at + size])
        at = (at + size) % (len(texts) - size)
    return done / spent


def main(seconds: float = 3.0) -> dict[str, Any]:
    """Measure both; gives and prints the figures."""
    paths = labelled.files([labelled.SHIPPED])
    rows = [row for path in paths if path.stem not in labelled.HELD_OUT for row in labelled.read(path)]
    texts = [row.text for row in rows]
    ours, theirs = Cascade.load().judge, usual(rows)
    ours(texts)
    figures: dict[str, Any] = {
        "comments": len(texts),
        "mean_length": round(sum(map(len, texts)) / len(texts), 1),
    }
    for name, size in (("one_by_one", 1), (f"batches_of_{BATCH}", BATCH)):
        fast, slow = rate(ours, texts, size, seconds), rate(theirs, texts, size, seconds)
        figures[name] = {"ours": round(fast), "usual": round(slow), "ratio": round(fast / slow, 1)}
    print(json.dumps(figures))
    return figures


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
