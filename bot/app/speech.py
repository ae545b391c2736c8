"""The word gate: what the rule book finds in words the shop is about to say.

A public answer is brand-side speech, hence advertising (广告法 art. 2): what is only logged in a viewer's mouth is
refused here. The same text is said many times a show, so a finding is kept until another rule book is in use.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from classifiers.cascade import Cascade
from classifiers.normalize import normalize
from classifiers.verdict import Hit

KEPT = 4_096
"""Texts whose findings are kept."""


class SpeechGate:
    """Findings in texts by the rule book in use at the moment of asking. Any thread may ask."""

    def __init__(self, cascade: Callable[[], Cascade]) -> None:
        self._cascade = cascade
        self._version = ""
        self._known: OrderedDict[str, tuple[Hit, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, text: str) -> tuple[Hit, ...]:
        """All hits in `text`, whatever their category; empty when there is none."""
        cascade = self._cascade()
        version = cascade.versions.rulebook
        with self._lock:
            if version != self._version:
                self._version = version
                self._known.clear()
            found = self._known.get(text)
            if found is not None:
                self._known.move_to_end(text)
                return found
        found = tuple(cascade.lexicon.find(text, normalize(text).text).hits)
        with self._lock:
            if version == self._version:
                self._known[text] = found
                if len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return found
