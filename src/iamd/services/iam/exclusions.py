"""Policies that a simulation is to leave out: by type, by ARN, or by name and owner.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from iamd.services.iam.identities import noun
from iamd.services.iam.policies import name_of
from iamd.services.iam.sources import AttachedPolicy
from iamd.store.records import PARTITION
from iamd.wire.errors import InvalidInput

Covers = Callable[[AttachedPolicy], bool]

_POLICY_ARN = re.compile(rf"arn:{PARTITION}:iam::(aws|[0-9]{{12}}):policy(?:/[^*?/]+)*/[^/]+")


class Exclusions:
    """Which attached policies stay out; those that come with the call are never left out. Raises InvalidInput.

    `boundary` tells whether the permissions boundary is left out: only its type does that, never its ARN (seen of
    live AWS); `scps` whether the organization's are. The type `rcp` concerns policies that no simulation gathers.
    """

    def __init__(self, identifiers: Iterable[Mapping[str, Any]]) -> None:
        self._covers: list[Covers] = []
        self.boundary = False
        self.scps = False
        for identifier in identifiers:
            self._add(identifier)

    def cover(self, policy: AttachedPolicy) -> bool:
        return any(covers(policy) for covers in self._covers)

    def _add(self, identifier: Mapping[str, Any]) -> None:
        if len(identifier) != 1:
            raise InvalidInput("Exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier must be specified.")
        [(by, value)] = identifier.items()
        if by == "PolicyArn":
            self._covers.append(_by_arn(value))
        elif by == "InlinePolicyIdentifier":
            self._covers.append(_by_name(value))
        elif value == "permission-boundary":
            self.boundary = True
        elif value == "scp":
            self.scps = True
        elif value in _TYPES:
            self._covers.append(_TYPES[value])


def _is_aws(policy: AttachedPolicy) -> bool:
    return policy.arn is not None and policy.arn.split(":", 5)[4] == "aws"


_TYPES: dict[str, Covers] = {
    "inline": lambda policy: policy.arn is None,
    "aws-managed": _is_aws,
    "user-managed": lambda policy: policy.arn is not None and not _is_aws(policy),
}


def _by_arn(text: str) -> Covers:
    """Managed policies by ARN; one without a path finds its policy whatever the path is (seen of live AWS)."""
    if _POLICY_ARN.fullmatch(text) is None:
        raise InvalidInput(f"ARN {text} is not valid.")
    _glob(name_of(text), f"ARN {text} is not valid.")
    whole = _glob(text, "")
    without_path = f"{text.split(':policy/')[0]}:policy/{name_of(text)}" == text

    def covers(policy: AttachedPolicy) -> bool:
        arn = policy.arn
        if arn is None:
            return False
        pathless = f"{arn.split(':policy/')[0]}:policy/{name_of(arn)}"
        return whole(arn) or (without_path and whole(pathless))

    return covers


def _by_name(identifier: Mapping[str, str]) -> Covers:
    kind, named = identifier["AttachmentType"], identifier["PolicyName"].casefold()
    name = identifier["AttachmentName"]
    owned = _glob(name, f"AttachmentName {name} is not valid.")

    def covers(policy: AttachedPolicy) -> bool:
        owner = policy.owner
        return owner is not None and noun(owner) == kind and policy.name.casefold() == named and owned(owner.name)

    return covers


def _glob(text: str, refusal: str) -> Callable[[str], bool]:
    """A matcher for text with at most one `*` and any number of `?`."""
    if text.count("*") > 1:
        raise InvalidInput(refusal)
    expression = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in text)
    matches = re.compile(expression, re.DOTALL).fullmatch
    return lambda candidate: matches(candidate) is not None
