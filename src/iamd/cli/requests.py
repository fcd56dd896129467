"""Requests as JSON: what `iamd evaluate` and `iamd explain` read, field by field (docs/reference/evaluate.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from iamd.policy import Attached, Kind, Layers, MalformedPolicy, Principal, Request, load
from iamd.policy.scan import Array, Lines, NotJson, Object, Value, scan

FIELDS = frozenset(
    {
        "id",
        "principal",
        "principalAccount",
        "principalCanonicalUser",
        "sessionIssuer",
        "managementAccount",
        "action",
        "resource",
        "resourceAccount",
        "context",
        "identityPolicies",
        "permissionsBoundaries",
        "sessionPolicies",
        "serviceControlPolicies",
        "resourceControlPolicies",
        "resourcePolicy",
        "endpointPolicies",
    }
)
_TRUST_PREFIXES = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")


Text = Callable[[dict[str, Any]], str]


class BadRequest(ValueError):
    """It is no request; the text says why."""


def parse(text: str) -> dict[str, Any]:
    """The object that a text is; raises ValueError or RecursionError. A key that is repeated anywhere is an error."""
    asked = json.loads(text, object_pairs_hook=_unique)
    if not isinstance(asked, dict):
        raise BadRequest("a request must be an object")
    return asked


def read(asked: Mapping[str, Any], text: Text = json.dumps) -> tuple[Request, Layers]:
    """The request and the layers of an object; raises BadRequest and MalformedPolicy.

    `text` gives a document as text, which tells in what lines its statements are.
    """
    unknown = sorted(asked.keys() - FIELDS)
    if unknown:
        raise BadRequest(f"unknown field `{unknown[0]}`")
    return _request(asked), _layers(asked, text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadRequest("repeated key in an object")
    return made


def _text(asked: Mapping[str, Any], name: str) -> str | None:
    value = asked.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"`{name}` must be a string")
    return value or None


def _given(asked: Mapping[str, Any], name: str) -> Any:
    """A field's value; None where there is none, which an empty list says as well (nothing else does)."""
    value = asked.get(name)
    return None if value == [] else value


def _required(asked: Mapping[str, Any], name: str) -> str:
    value = _text(asked, name)
    if value is None:
        raise BadRequest(f"`{name}` is missing")
    return value


def _request(asked: Mapping[str, Any]) -> Request:
    principal = Principal.from_text(
        _required(asked, "principal"),
        session_issuer=_text(asked, "sessionIssuer"),
        account=_text(asked, "principalAccount"),
        canonical_user=_text(asked, "principalCanonicalUser"),
    )
    action = _required(asked, "action")
    service, _, name = action.partition(":")
    if not service or not name or "*" in action or "?" in action:
        raise BadRequest("`action` must be `service:Action`, one action")
    if asked.get("resource") == "":
        raise BadRequest("`resource` must be an ARN, or `*` where the action has none")
    return Request(principal, action, _text(asked, "resource") or "*", _text(asked, "resourceAccount"), _context(asked))


def _context(asked: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    given = _given(asked, "context")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise BadRequest("`context` must be an object")
    context: dict[str, str | tuple[str, ...]] = {}
    for key, value in given.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            context[key.lower()] = tuple(value)
        elif isinstance(value, str):
            context[key.lower()] = value
        else:
            raise BadRequest(f"context key `{key}` must be a string or a list of strings")
    return context


def _list(asked: Mapping[str, Any], name: str) -> list[Any]:
    value = _given(asked, name)
    if value is not None and not isinstance(value, list):
        raise BadRequest(f"`{name}` must be a list")
    return value or []


def _attached(document: Any, kind: Kind, name: str, text: Text) -> Attached:
    if isinstance(document, dict) and "document" in document:  # with a name of its own
        name, document = _text(document, "name") or name, document["document"]
    if not isinstance(document, dict):
        raise BadRequest(f"the document of `{name}` must be an object")
    try:
        return Attached(name, load(text(document), kind))
    except MalformedPolicy as error:
        error.add_note(name)
        raise


def _plain(asked: Mapping[str, Any], name: str, kind: Kind, text: Text) -> tuple[Attached, ...]:
    return tuple(_attached(document, kind, f"{name}[{at}]", text) for at, document in enumerate(_list(asked, name)))


def _named(listed: Any, kind: Kind, where: str, text: Text) -> tuple[Attached, ...]:
    if not isinstance(listed, list) or not all(isinstance(each, dict) and "document" in each for each in listed):
        raise BadRequest(f"`{where}` must be a list of {{name, document}}")
    return tuple(
        _attached(each["document"], kind, _text(each, "name") or f"{where}[{at}]", text)
        for at, each in enumerate(listed)
    )


def _levels(asked: Mapping[str, Any], name: str, kind: Kind, text: Text) -> tuple[tuple[Attached, ...], ...]:
    levels = _list(asked, name)
    if not all(isinstance(level, dict) for level in levels):
        raise BadRequest(f"`{name}` must be a list of {{target, policies}}")
    return tuple(_named(level.get("policies"), kind, f"{name}[{at}]", text) for at, level in enumerate(levels))


def resource_kind(action: str) -> Kind:
    """What the policy of an action's resource is: a role's trust policy, or another's."""
    return Kind.TRUST if action.lower().startswith(_TRUST_PREFIXES) else Kind.RESOURCE


def _layers(asked: Mapping[str, Any], text: Text) -> Layers:
    kind = resource_kind(_required(asked, "action"))
    identity, resource = _given(asked, "identityPolicies"), _given(asked, "resourcePolicy")
    return Layers(
        identity=_named([] if identity is None else identity, Kind.IDENTITY, "identityPolicies", text),
        boundaries=_plain(asked, "permissionsBoundaries", Kind.BOUNDARY, text),
        session=_plain(asked, "sessionPolicies", Kind.SESSION, text) or None,
        scps=_levels(asked, "serviceControlPolicies", Kind.SCP, text),
        rcps=_levels(asked, "resourceControlPolicies", Kind.RCP, text),
        resource=_attached(resource, kind, "resourcePolicy", text) if resource is not None else None,
        endpoint=_plain(asked, "endpointPolicies", Kind.ENDPOINT, text),
        management_account=_text(asked, "managementAccount"),
    )


def texts(source: str, asked: Mapping[str, Any]) -> Text:
    """Documents as they are written in the source of a request, each preceded by as many lines as come before it.

    So a statement's line is that of the source. What cannot be found again is told as JSON of one line.
    """
    found: dict[int, str] = {}
    lines = Lines(source)

    def note(value: Any, node: Value) -> None:
        if isinstance(value, dict) and isinstance(node, Object):
            line, _ = lines.place(node.start)
            found[id(value)] = "\n" * (line - 1) + source[node.start - 1 : node.end]
            for name, member in value.items():
                note(member, node.members[name])
        elif isinstance(value, list) and isinstance(node, Array):
            for member, item in zip(value, node.items, strict=True):
                note(member, item)

    try:
        # Characters that policies may not have are fine in a context value; only places matter here.
        note(asked, scan(_FOREIGN.sub("?", source)))
    except (NotJson, KeyError):
        found.clear()
    return lambda document: found.get(id(document)) or json.dumps(document)


_FOREIGN = re.compile(r"[^\t\n\r\x20-\xff]")
