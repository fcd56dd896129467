"""What decisions depend on and only the upstream knows, read when it is needed and kept for a while.

What cannot be read is refused. Only an upstream that plainly has nothing of the kind (it answers "not found", or that it
knows no such operation) has none: there is no policy then, there are no tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from iamd.gateway.directory import model_of, services
from iamd.gateway.facts.at_hand import PoliciesAtHand
from iamd.gateway.facts.documents import as_policy
from iamd.gateway.facts.kinds import Found, Kind, Question, find, subject_of
from iamd.gateway.facts.memory import Memory
from iamd.gateway.facts.questions import Place, Questions
from iamd.gateway.mapped import Need, tag_pairs
from iamd.guard.context import Context
from iamd.node.versions import Versions
from iamd.wire.gateway_errors import NotKnown, NotThere

RESOURCE_TAG = "aws:resourcetag/"
GRANTS = "grants"
"""The grants of a key: `Facts.grants`."""
_GRANTS = "ListGrants"
_GRANTS_A_PAGE, _PAGES_OF_GRANTS = 100, 500  # KMS keeps 50,000 for a key
_BLOCKS = ("PublicAccessBlockConfiguration",)
_BUCKETS_BLOCKS = Question("GetPublicAccessBlock", {"Bucket": "{bucket}"}, _BLOCKS)
_ACCOUNTS_BLOCKS = Question("GetPublicAccessBlock", {"AccountId": "{account}"}, _BLOCKS)
OBJECT_TAG = "s3:existingobjecttag/"
SIGNATURE_AGE = "s3:signatureage"
"""A fact about the request, which needs no asking: `judge` gives it its value."""


class Told(msgspec.Struct, frozen=True):
    """What an upstream said: None where there is nothing; `known` is false where it knows no such thing at all."""

    value: Any
    known: bool = True


_NONE = Told(None)


class Facts:
    """Policies and tags of upstreams' resources; what was read counts for some `seconds`."""

    def __init__(self, questions: Questions, seconds: float, versions: Versions | None = None) -> None:
        self._questions = questions
        versions = versions or Versions()
        self._memory = Memory(seconds, versions=versions)
        self.policies = PoliciesAtHand(versions)

    def policy_at_hand(self, need: Need, region: str) -> Told | None:
        """What is known of the resource's own policy; None when it must be asked for. What is found is in `policies`."""
        found = find(need.resource)
        if found is None or found.kind.policy is None:
            return _NONE
        known = self._memory.known(found.subject, _remembered_by(found, found.kind.policy, need, region))
        if known is None:
            return None
        self.policies.note(need, region, found.subject, known)
        told: Told = known.answer
        return told

    async def policy(self, need: Need, region: str) -> str | None:
        """The resource's own policy, of which each action asks; raises AccessDenied for one that makes no sense."""
        found = find(need.resource)
        if found is None or found.kind.policy is None:
            return None
        told = await self._told(found, found.kind.policy, need, region)
        policy: str | None = told.value
        return policy

    async def answer(self, need: Need, question: Question, region: str) -> Any:
        """What the upstream answers a question about the resource; None where it has nothing of the kind."""
        found = find(need.resource)
        return None if found is None else (await self._told(found, question, need, region)).value

    async def public_access_blocks(self, need: Need, region: str) -> frozenset[str]:
        """The settings of Block Public Access that are on for a bucket or for its account; the account's are those of the
        upstream for S3 Control, if there is one. Without configuration all are off.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html
        """
        found = find(need.resource)
        if found is None:
            return frozenset()
        of_bucket = await self._told(found, _BUCKETS_BLOCKS, need, region)
        parameters, place = _ACCOUNTS_BLOCKS.filled({"account": need.owner}), Place(region, need.owner)
        ask = partial(self._asked, "s3control", _ACCOUNTS_BLOCKS, parameters, place)
        of_account: Told = await self._memory.get(("s3control", need.owner), _ACCOUNTS_BLOCKS.operation, ask)
        told = [each.value for each in (of_bucket, of_account) if isinstance(each.value, Mapping)]
        return frozenset(name for settings in told for name, on in settings.items() if on is True)

    async def ignores_subresources(self, need: Need, region: str) -> bool:
        """Whether the upstream takes a question about a bucket for one for the bucket itself."""
        found = find(need.resource)
        if found is None or found.kind.policy is None:
            return False
        return not (await self._told(found, found.kind.policy, need, region)).known

    async def grants(self, need: Need, region: str) -> Sequence[Mapping[str, Any]]:
        """The grants of a key, as `ListGrants` tells of them; none where the upstream knows no grants."""
        found = find(need.resource)
        if found is None or found.kind.service != "kms":
            return ()
        place = Place(found.values["region"] or region, need.owner)
        ask = partial(self._all_grants, found.values["name"], place)
        told: Sequence[Mapping[str, Any]] = await self._memory.get(found.subject, (_GRANTS, place), ask)
        return told

    def can_tell(self, need: Need, key: str) -> str | None:
        """The kind of fact that gives the condition key its value, for `keys`; None when nobody knows it."""
        if need.action.startswith("iam:"):
            return None
        if key == SIGNATURE_AGE and need.action.startswith("s3:"):
            return SIGNATURE_AGE
        if key.startswith(OBJECT_TAG):
            return OBJECT_TAG if need.action.startswith("s3:") and "/" in need.resource else None
        found = find(need.resource)
        if found is None:
            found = _by_listing(need.resource) if key.startswith(RESOURCE_TAG) else None
        if found is None or found.kind.tags is None:
            return None
        return RESOURCE_TAG if key.startswith((RESOURCE_TAG, *found.kind.keys)) else None

    async def keys(self, need: Need, fact: str, region: str) -> Context:
        """The condition keys of such a fact, as `can_tell` named it."""
        if fact == OBJECT_TAG:
            return await self._object_tags(need, region)
        found = find(need.resource) or _by_listing(need.resource)
        if found is None or found.kind.tags is None:
            return {}
        told = await self._told(found, found.kind.tags, need, region)
        return {
            f"{start}{key.lower()}": value
            for start in (RESOURCE_TAG, *found.kind.keys)
            for key, value in _tags(told.value)
        }

    async def ask(
        self, service: str, operation: str, parameters: Mapping[str, Any], place: Place, about: str | None
    ) -> Mapping[str, Any]:
        """What an upstream answers, or answered lately a question about that resource; raises as `Questions.ask`."""
        ask = partial(self._questions.ask, service, operation, parameters, place)
        if about is None:
            return await ask()
        asked = json.dumps([operation, parameters], sort_keys=True, default=str), place
        told: Mapping[str, Any] = await self._memory.get(subject_of(about), asked, ask)
        return told

    def forget(self, needs: Sequence[Need]) -> None:
        """A request that needs this is on its way, and not all of it leaves facts as they are (`changes`): forget what it
        may change."""
        for need in needs:
            if need.action.startswith("iam:"):
                continue
            found = find(need.resource)
            if found is None:
                self._memory.clear()  # whatever it is that it changes
                return
            self._memory.forget(found.subject)

    def clear(self) -> None:
        """Nothing is known any more."""
        self._memory.clear()

    async def _all_grants(self, key_id: str, place: Place) -> Sequence[Mapping[str, Any]]:
        grants: list[Mapping[str, Any]] = []
        parameters: dict[str, Any] = {"KeyId": key_id, "Limit": _GRANTS_A_PAGE}
        for _ in range(_PAGES_OF_GRANTS):
            try:
                told = await self._questions.ask("kms", _GRANTS, parameters, place)
            except (NotThere, NotKnown):
                break
            grants += told.get("Grants") or ()
            marker = told.get("NextMarker")
            if not told.get("Truncated") or not marker or marker == parameters.get("Marker"):
                break
            parameters["Marker"] = marker
        return tuple([each for each in grants if isinstance(each.get("GrantId"), str)])

    async def _told(self, found: Found, question: Question, need: Need, region: str) -> Told:
        place = Place(found.values["region"] or region, need.owner)
        ask = partial(self._asked_about, found, question, place)
        told: Told = await self._memory.get(found.subject, _remembered_by(found, question, need, region), ask)
        return told

    async def _asked_about(self, found: Found, question: Question, place: Place) -> Told:
        parameters = question.filled({**found.values, "url": self._questions.url_of(found.kind.service)})
        understood = partial(as_policy, resource=found.values["arn"]) if question is found.kind.policy else None
        return await self._asked(found.kind.service, question, parameters, place, understood)

    async def _asked(
        self,
        service: str,
        question: Question,
        parameters: Mapping[str, Any],
        place: Place,
        understood: Callable[[Any], Any] | None = None,
    ) -> Told:
        try:
            told: Any = await self._questions.ask(service, question.operation, parameters, place)
        except NotThere:
            return Told(None)
        except NotKnown:
            return Told(None, known=False)
        for name in question.path:
            told = told.get(name) if isinstance(told, Mapping) else None
        return Told(told if understood is None else understood(told))

    async def _object_tags(self, need: Need, region: str) -> Context:
        """An object's tags, which change more often than they are asked for: never kept."""
        bucket, _, key = need.resource.split(":", 5)[5].partition("/")
        parameters = {"Bucket": bucket, "Key": key}
        version = need.context.get("s3:versionid")
        if isinstance(version, str):
            parameters["VersionId"] = version
        question = Question("GetObjectTagging", {}, ("TagSet",))
        told = await self._asked("s3", question, parameters, Place(region, need.owner))
        return {f"{OBJECT_TAG}{name.lower()}": value for name, value in tag_pairs(told.value) or ()}


def _remembered_by(found: Found, question: Question, need: Need, region: str) -> tuple[Hashable, ...]:
    """What an answer is remembered by: the question, and where and as whom it was asked."""
    values = found.values
    return question.operation, question.path, values.get("qualifier"), values["region"] or region, need.owner


def _by_listing(arn: str) -> Found | None:
    """A resource of a service that has one operation for the tags of all its resources."""
    fields = arn.split(":", 5)
    if len(fields) != 6 or "*" in arn or "?" in arn or fields[2] not in services():
        return None
    operation = model_of(fields[2]).operations.get("ListTagsForResource")
    members = [each.name for each in operation.inputs if each.required] if operation else []
    if len(members) != 1 or not members[0].lower().startswith(("resource", "arn")):
        return None
    question = Question("ListTagsForResource", {members[0]: "{arn}"}, ())
    return Found(Kind(fields[2], _ANYTHING, tags=question), {"region": fields[3], "arn": arn}, subject_of(arn))


_ANYTHING = re.compile(".*")


def _tags(told: Any) -> tuple[tuple[str, str], ...]:
    """The tags in an answer, whatever the service calls them there."""
    named = ("Tags", "tags", "TagList", "tagList", "ResourceTags")
    if isinstance(told, Mapping):
        told = next((told[name] for name in named if name in told), told)
    return tag_pairs(told) or ()
