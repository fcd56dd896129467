"""What is recorded of a request to another service."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from iamd.audit.elements import text_name
from iamd.audit.encoding import packed_text
from iamd.audit.event import ApiEvent
from iamd.audit.identity import identity_of
from iamd.audit.templates import MAX_TEMPLATES, NO_RESPONSE, Template, are_short
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.claim import Signature
from iamd.gateway.asked import Asked
from iamd.gateway.passage import Passage
from iamd.reference import actions
from iamd.store.store import Store
from iamd.store.waiting import Kept, Waiting
from iamd.wire.model import Member, OperationModel

_SERVICE: Final = CallerKind.SERVICE  # members of an Enum are found by a function of Python's
_LONGEST: Final = 2048  # characters of a name
_TELLING = ("Name", "Id", "Arn", "ARN", "Url", "Key", "Bucket", "Path", "Identifier")


def record(passage: Passage, store: Store, mode: str) -> None:
    """Append the audit event, and note that the credentials were used; of a stranger there is none. Raises StoreError."""
    caller, signature = passage.caller, passage.signature
    if caller is None or signature is None:
        return
    usual = _usual(passage, caller, signature.region)
    if usual is not None:
        template = usual.template
        waiting: Waiting = store.waiting
        shape = template.shape(usual.parameters(passage), template.asked(passage.decided), NO_RESPONSE)
        waiting.keep(Kept(shape, passage.now, passage.request_id))
        if len(passage.decided) == 1:
            if template.noted is passage.now:  # that the credentials were used this second, for this action
                return
            template.noted = passage.now
    else:
        store.append_event(_event(passage, caller, signature, mode))
    if caller.kind is _SERVICE:
        return
    subject = caller.id if caller.kind is CallerKind.ROLE else caller.access_key_id
    store.used(caller.account_id, subject, passage.now, signature.region, signature.service)
    for ask in passage.decided:
        prefix, _, name = ask.action.partition(":")
        store.accessed(caller.account_id, caller.id, prefix, name, passage.now, signature.region)


def _event(passage: Passage, caller: Caller, signature: Signature, mode: str) -> ApiEvent:
    asked, request = passage.asked, passage.request
    via = passage.access.via if passage.access is not None else ()
    return ApiEvent(
        account_id=caller.account_id,
        time=passage.now,
        source=f"{asked.service.endpoint if asked else signature.service}.amazonaws.com",
        name=asked.operation.name if asked else "",
        region=signature.region,
        request_id=passage.request_id,
        read_only=bool(passage.needs) and _reads(passage.needs[0].action),
        who=dataclasses.replace(identity_of(caller), invoked_by=via[-1]) if via else caller,
        operation=asked.operation if asked else None,
        params=_told(asked, passage.document) if asked else {},
        error=passage.error,
        client_ip=via[-1] if via else request.client_ip,
        agent=via[-1] if via else request.header(b"user-agent") or "",
        secure_host=request.header(b"host") if request.secure else None,
        asked=[] if caller.kind is _SERVICE else passage.decided,
        additional=_additional(passage, mode),
    )


class _Usual:
    """How the requests of one caller for one operation are recorded, from one address, by one program."""

    def __init__(self, template: Template, operation: OperationModel) -> None:
        self.template = template
        self._names = [text_name(operation, name) for name in ("Bucket", "Key")]
        self._bucket: str | None = None  # of the request that came last
        self._before_key = b""

    def parameters(self, passage: Passage) -> bytes:
        """The parameters as they are stored."""
        asked = passage.asked
        place = None if asked is None else asked.place
        if place is not None and place.bucket is not None and place.key is not None:
            told = self._of_object(place.bucket, place.key)
            if told is not None:
                return told
        return self.template.parameters({} if asked is None else _told(asked, passage.document))

    def _of_object(self, bucket: str, key: str) -> bytes | None:
        """Those of nearly all requests to S3, written down at once; None of the others."""
        named, called = self._names
        if named is None or called is None or len(bucket) > _LONGEST or len(key) > _LONGEST:
            return None
        if bucket != self._bucket:
            self._bucket = bucket
            self._before_key = _MAP_OF_TWO + b"".join([packed_text(text) for text in (named, bucket, called)])
        return self._before_key + packed_text(key)


_MAP_OF_TWO: Final = b"\x82"
_usuals: Final[dict[tuple[int, int, str, str, str, bytes | None, bytes | None], _Usual]] = {}


def _usual(passage: Passage, caller: Caller, region: str) -> _Usual | None:
    """How what only read and went well is recorded, out of what it shares with others; None of what has more to tell."""
    asked, access = passage.asked, passage.access
    if asked is None or access is None or access.via or passage.error is not None or passage.tolerated:
        return None
    if not passage.needs:
        return None
    if passage.needs[0].key_use is not None and _grants(passage):
        return None
    request, operation, action = passage.request, asked.operation, passage.needs[0].action
    agent, host = request.index.get(b"user-agent"), request.index.get(b"host") if request.secure else None
    # By identity: a template holds its caller and operation.
    place = id(caller), id(operation), action, region, request.client_ip, agent, host
    usual = _usuals.get(place)
    if usual is None:
        if not _reads(action) or not are_short(agent, host):
            return None
        if len(_usuals) >= MAX_TEMPLATES:
            _usuals.clear()
        names = f"{asked.service.endpoint}.amazonaws.com", operation.name, region
        program = "" if agent is None else agent.decode("latin-1")
        secure_host = None if host is None else host.decode("latin-1")
        template = Template(caller, operation, names, request.client_ip, program, secure_host)
        usual = _usuals[place] = _Usual(template, operation)
    return usual


@lru_cache(maxsize=4096)
def _reads(action: str) -> bool:
    prefix, _, name = action.partition(":")
    known = actions.find(prefix, name)
    return known is not None and known.access_level in ("List", "Read")


def _additional(passage: Passage, mode: str) -> Mapping[str, Any] | None:
    """What the record tells of refusals that another mode left out, and of the grants that allowed the use of keys."""
    told: dict[str, Any] = {}
    if passage.tolerated:
        told = {"gatewayMode": mode, "wouldBeDenied": [refusal.message for refusal in passage.tolerated]}
    grants = _grants(passage)
    if grants:
        told["grantIds"] = grants
    return told or None


def _grants(passage: Passage) -> list[str]:
    """The ids of the grants of keys by which the request is allowed."""
    uses = [need.key_use for need in passage.needs]
    return [use.granted_by for use in uses if use is not None and use.granted_by is not None]


def _told(asked: Asked, document: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that name things; what is stored or sent is not recorded."""
    given, place = document, asked.place
    if place is not None:
        given = {"Bucket": place.bucket, "Key": place.key}
    told = {}
    for member in _telling(asked.operation):
        value = given.get(member.name)
        if isinstance(value, str) and len(value) <= _LONGEST:
            told[member.snake] = value
    return told


@lru_cache(maxsize=1024)
def _telling(operation: OperationModel) -> tuple[Member, ...]:
    return tuple([member for member in operation.inputs if member.name.endswith(_TELLING)])
