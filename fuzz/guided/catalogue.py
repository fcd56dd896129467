"""Every target by its name."""

from __future__ import annotations

from functools import cache

from fuzz.guided import federation, policies, protocols, questions, signatures
from fuzz.guided.target import Target


@cache
def catalogue() -> dict[str, Target]:
    """The targets, in the order of their modules."""
    modules = (policies, protocols, signatures, federation, questions)
    return {target.name: target for module in modules for target in module.targets()}
