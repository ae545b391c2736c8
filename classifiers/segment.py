"""Where the words of a text begin and end: the only file that knows jieba.

Used to examine the borders of a hit, never for features. The dictionary (5 MB, about a second) is read at first
use, without the cache file and the log lines that jieba would make.
"""

from __future__ import annotations

import threading
import warnings
from typing import Any

_lock = threading.Lock()
_tokenizer: Any = None


def _loaded() -> Any:
    global _tokenizer
    if _tokenizer is None:
        with _lock:
            if _tokenizer is None:
                _tokenizer = _load()
    return _tokenizer


def _load() -> Any:
    # jieba imports pkg_resources and compiles old string literals; both warn, which would be fatal under -W error.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    tokenizer = jieba.Tokenizer()
    with tokenizer.get_dict_file() as file:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(file)
    tokenizer.initialized = True
    return tokenizer


def borders(text: str) -> frozenset[int]:
    """Offsets at which a word begins or ends, 0 and the length included. Same text, same borders."""
    offsets = {0}
    at = 0
    for word in _loaded().cut(text, HMM=False):
        at += len(word)
        offsets.add(at)
    return frozenset(offsets)


def is_word(text: str) -> bool:
    """Whether the dictionary knows `text` as one word of two or more characters."""
    return len(text) > 1 and _loaded().FREQ.get(text, 0) > 0
