"""Policies as sets of requests: comparisons that are proofs.

`new_access(new, old)` tells a request that one access allows and another does not, or that there is none. What it tells
has been confirmed by the engine; where the limits do not suffice, it raises Undecided. Nothing is ever guessed.
"""

from iamd.analysis.symbolic.access import Access, nothing_of
from iamd.analysis.symbolic.budget import STEPS, Budget, Undecided
from iamd.analysis.symbolic.callers import STRANGE_NAME, STRANGER, Caller, unnamed
from iamd.analysis.symbolic.compare import Witness, new_access, place, places
from iamd.analysis.symbolic.question import Extra

__all__ = [
    "STEPS",
    "STRANGER",
    "STRANGE_NAME",
    "Access",
    "Budget",
    "Caller",
    "Extra",
    "Undecided",
    "Witness",
    "new_access",
    "nothing_of",
    "place",
    "places",
    "unnamed",
]
