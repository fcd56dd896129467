"""What a request needs: actions on resources, with the condition keys that tell of it. Plain classes: see `wire.http`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from iamd.gateway.asked import Asked
from iamd.gateway.lookups import Lookups
from iamd.guard.context import Context, tag_context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Ambiguous, Unmapped
from iamd.wire.http import HttpRequest


class KeyUse:
    """A use of a KMS key that a grant of the key may allow, by the request's parameters. `granted_by` is the id of the
    grant that did, once it is decided."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.parameters: Final = parameters
        self.granted_by: str | None = None


class Need:
    """One action on one resource, all of which must be allowed. `context` are the keys of this request; `tells` are
    beginnings of the service's keys about which the context says everything, so that one that is absent is not there
    in AWS either. `owner` is the account of the resource, once it is settled. `key_use` is there for what grants of a
    key may allow."""

    def __init__(
        self,
        action: str,
        resource: str,
        context: Context | None = None,
        tells: tuple[str, ...] = (),
        owner: str = "",
        key_use: KeyUse | None = None,
    ) -> None:
        self.action: Final = action
        self.resource: Final = resource
        self.context: Final[Context] = {} if context is None else context
        self.tells: Final = tells
        self.owner: Final = owner
        self.key_use: Final = key_use

    def owned(self, owner: str, resource: str | None = None) -> Need:
        """The same with its owner, and the ARN that names it."""
        return Need(self.action, resource or self.resource, self.context, self.tells, owner, self.key_use)


class Inquiry:
    """A request to be mapped. `account_id` is where its names are resolved; `document` are the parameters."""

    def __init__(
        self,
        asked: Asked,
        request: HttpRequest,
        document: Mapping[str, Any],
        region: str,
        account_id: str,
        lookups: Lookups,
    ) -> None:
        self.asked: Final = asked
        self.request: Final = request
        self.document: Final = document
        self.region: Final = region
        self.account_id: Final = account_id
        self._lookups: Final = lookups

    def lookup(self, operation: str, parameters: Mapping[str, Any], about: str | None) -> Awaitable[Mapping[str, Any]]:
        """See `Lookups.lookup`: an operation of the request's service."""
        service: str = self.asked.service.name
        return self._lookups.lookup(service, self.region, self.account_id, operation, parameters, about)

    def role_of_profile(self, name: str) -> str | None:
        """See `Lookups.role_of_profile`."""
        return self._lookups.role_of_profile(self.account_id, name)

    def arn(self, service: str, rest: str) -> str:
        """The ARN of a resource of this region and account."""
        return f"arn:{PARTITION}:{service}:{self.region}:{self.account_id}:{rest}"

    def role_arn(self, name: str) -> str:
        """The ARN of a role of the account by its name, with its path if it is there."""
        return f"arn:{PARTITION}:iam::{self.account_id}:role/{name.removeprefix('/')}"

    def text(self, name: str) -> str:
        """A parameter that must be there as a text; raises Unmapped."""
        value = self.document.get(name)
        if not isinstance(value, str) or not value:
            raise Unmapped(f"{self.asked.name} needs {name}.")
        return value

    def own_arn(self, name: str, service: str, kind: str) -> str:
        """The ARN of a parameter that is a name or an ARN of that service's `kind` (`table/`); raises Unmapped."""
        value = self.text(name)
        if not value.startswith("arn:"):
            return self.arn(service, kind + checked_name(value))
        return checked_arn(value, service, kind)


_ARN = re.compile(r"arn:[a-z0-9-]+:([a-z0-9-]+):([a-z0-9-]*):(\d{12})?:(.+)").fullmatch
_PLAIN = re.compile(r"[^*?\s\x00-\x1f]+").fullmatch


def checked_arn(value: str, service: str, kind: str) -> str:
    """The ARN, of that service and kind; raises Unmapped."""
    found = _ARN(value)
    if found is None or found[1] != service or not found[4].startswith(kind) or not _PLAIN(value):
        raise Unmapped(f"`{value[:256]}` is no ARN of {service}:{kind}.")
    return value


def checked_name(value: str) -> str:
    """The name; raises Unmapped for one with wildcards or white space, which no resource has."""
    if not _PLAIN(value):
        raise Unmapped(f"`{value[:256]}` is no name of a resource.")
    return value


def request_tags(document: Mapping[str, Any]) -> Context:
    """`aws:RequestTag` and `aws:TagKeys` of the tags among the parameters, however the service writes them. Raises Ambiguous."""
    for name in ("Tags", "tags", "TagList", "TagSet", "tagList", "Tag"):
        given = tag_pairs(document.get(name))
        if given is not None:
            return tag_context(given)
    for name in ("TagKeys", "tagKeys", "TagKeyList"):
        keys = document.get(name)
        if isinstance(keys, list) and keys:
            return {"aws:tagkeys": tuple(str(key) for key in keys)}
    return {}


def tag_pairs(given: Any) -> tuple[tuple[str, str], ...] | None:
    """Tags as a map or as a list of pairs, however the service names their parts; None for anything else. Raises Ambiguous."""
    if isinstance(given, Mapping):
        return tuple((str(key), str(value)) for key, value in given.items())
    if isinstance(given, list) and all(isinstance(each, Mapping) for each in given):
        return tuple(_tag(each) for each in given)
    return None


def _tag(tag: Mapping[str, Any]) -> tuple[str, str]:
    return _either(tag, _KEY_NAMES), _either(tag, _VALUE_NAMES)


_KEY_NAMES: Final = ("Key", "key", "TagKey", "tagKey")
_VALUE_NAMES: Final = ("Value", "value", "TagValue", "tagValue")


def _either(tag: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The one that is there: which of two an upstream reads is not known. Raises Ambiguous."""
    found = [tag[name] for name in names if name in tag]
    if len(found) > 1:
        raise Ambiguous("A tag's key and value must be there once each.")
    return str(found[0]) if found else ""


Mapper = Callable[[Inquiry], list[Need] | Awaitable[list[Need]]]
