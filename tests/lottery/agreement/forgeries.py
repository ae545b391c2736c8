"""The table of forgeries. Every verifier must refuse every one of them, at the step named.

The kinds of forger:

    EDIT       writes into the file; nothing is recomputed
    RECOMPUTE  changes something and recomputes all that needs no key: record hashes and links, root, counts, seed,
               positions, paths; only signatures are beyond such a forger. With a signer of the forger's own the file
               holds in itself, and only the hash shown in the room (--expect) tells it from the announced draw: each
               of these is therefore tried in that way too
    OPERATOR   has the very key that the commitment pins, and cheats against the own rules
    LIST       leaves the proof alone and changes the list file beside it; OPERATOR_LIST changes both
"""

from __future__ import annotations

from .contests import CONTESTS
from .edits import EDITS
from .listings import LISTS
from .operators import OPERATORS
from .recomputed import RECOMPUTED

FORGERIES = (*EDITS, *RECOMPUTED, *OPERATORS, *CONTESTS, *LISTS)
