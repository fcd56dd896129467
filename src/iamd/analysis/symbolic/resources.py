"""The resources that requests can have: none (`*`), ARNs, and what some services have instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from iamd.analysis.symbolic.automaton import ARN, TEXT, automaton, machine
from iamd.analysis.symbolic.budget import Budget
from iamd.analysis.symbolic.constraints import Literal, OnResource, patterns
from iamd.analysis.symbolic.texts import TextSet, find
from iamd.analysis.symbolic.values import filled_in
from iamd.policy import Statement
from iamd.policy.patterns import MANY
from iamd.reference import services

_ANY = TextSet(machine([("*", TEXT), ("arn" + f":{MANY}" * 5, TEXT)]))
_FREE = frozenset({"s3", "iot", "execute-api"})  # whose resources are keys, topics and paths: any text


@dataclass(frozen=True, slots=True)
class Resources:
    """What the statements of a question make of resources.

    `odd`: those that are no ARNs, such as `execute-api:/stage/GET/*`. `doubled`: ARNs in whose last field, after a
    colon, another one of the service begins (`stack/a:stack/b`). No service but those of free texts has such; a star
    for the account would reach over the colon. `alike`: those among them that there can be, for what is named as its type
    is (`function:function:1`), but for `tripled` ones.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """

    odd: TextSet
    doubled: TextSet
    alike: TextSet
    tripled: TextSet

    @staticmethod
    def of(statements: Iterable[tuple[Statement, bool]]) -> Resources:
        """Those of statements, and whether each knows variables."""
        odd: list[str] = []
        begun: list[tuple[str, str]] = []
        for statement, variables in statements:
            listed = [text for text in statement.resources or () if text != "*"]
            begun += _begun(listed)
            known, opaque = filled_in([text for text in listed if not text.startswith("arn:")], variables, True, None)
            odd += [*known, *(wide for _, wide in opaque)]
        named = [(f"arn:{MANY}:{service}:{MANY}:{MANY}", beginning) for service, beginning in dict.fromkeys(begun)]
        colons = [(arn, beginning) for arn, beginning in named if beginning.endswith(":")]
        return Resources(
            TextSet(patterns(odd)),
            _set(f"{arn}:{MANY}:{beginning}{MANY}" for arn, beginning in named),
            _set(f"{arn}:{beginning}{beginning}{MANY}" for arn, beginning in colons),
            _set(f"{arn}:{beginning}{beginning}{MANY}:{beginning}{MANY}" for arn, beginning in colons),
        )

    def find(self, literals: Iterable[Literal], budget: Budget) -> str | None:
        """A resource that meets all, or None. Raises Undecided."""
        wants = [(each.listed, wanted) for each, wanted in literals if isinstance(each, OnResource)]
        found = find([(_ANY, True), *wants], budget)
        if found is not None and self.doubled.has(found):
            found = find([(_ANY, True), (self.doubled, False), *wants], budget)
            if found is None and not self.alike.known.empty:
                found = find([(self.alike, True), (self.tripled, False), *wants], budget)
        return found if found is not None or self.odd.known.empty else find([(self.odd, True), *wants], budget)


def _set(marked: Iterable[str]) -> TextSet:
    return TextSet(automaton(dict.fromkeys(marked), ARN))


def _begun(listed: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Services, and with what the last fields of listed ARNs of theirs begin."""
    for text in listed:
        fields = text.split(":", 5)
        if len(fields) == 6 and fields[2] not in _FREE:
            for beginning in _beginnings(fields[2]):
                if fields[5].startswith(beginning):
                    yield fields[2], beginning


@cache
def _beginnings(service: str) -> frozenset[str]:
    """With what the last fields of the ARNs of one of AWS's services begin: `stack/`, `function:`."""
    known = services.get(service) if services.is_of_aws(service) else None
    own = [] if known is None else [each.arn.split(":", 5)[-1] for each in known.resource_types.values()]
    ends = ((text, min((at for at in (text.find("/"), text.find(":")) if at >= 0), default=-1)) for text in own)
    return frozenset(text[: end + 1] for text, end in ends if end > 0 and "$" not in text[:end])
