"""`iamd evaluate --jsonl`: one request a line in, one decision a line out, in order.

A line that cannot be decided is answered with {"id", "error"}, and the rest goes on. The documents of a request are
evaluated as they are; whether AWS would store them is not asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from iamd.policy import (
    Attached,
    Kind,
    Layers,
    MalformedPolicy,
    Principal,
    Request,
    decide,
    explain,
    load,
)

_FIELDS = frozenset(
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


class BadRequest(ValueError):
    """The line is no request; the text says why."""


def run(lines_in: Iterable[str], out: TextIO, explain: bool = False) -> int:
    """Answer every line that is not blank, at once; 0 when all lines are answered, bad ones with their error."""
    for line in lines_in:
        if line.strip():
            out.write(json.dumps(_answer(line, explain)) + "\n")
            out.flush()
    return 0


def _answer(line: str, explained: bool) -> dict[str, Any]:
    id_: Any = None
    try:
        asked = json.loads(line, object_pairs_hook=_unique)
        if not isinstance(asked, dict):
            raise BadRequest("a request must be an object")
        id_ = asked.get("id")
        unknown = sorted(asked.keys() - _FIELDS)
        if unknown:
            raise BadRequest(f"unknown field `{unknown[0]}`")
        request, layers = _request(asked), _layers(asked)
    except MalformedPolicy as error:
        return {"id": id_, "error": str(error.problems[0])}
    except (ValueError, RecursionError) as error:
        return {"id": id_, "error": str(error) or "the line is no JSON"}
    if not explained:
        return {"id": id_, "decision": decide(request, layers).effect.value}
    trace = explain(request, layers).to_json()
    return {"id": id_, "decision": trace["decision"], "trace": trace}


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
    if ":" not in action:
        raise BadRequest("`action` must be `service:Action`")
    return Request(principal, action, _text(asked, "resource") or "*", _text(asked, "resourceAccount"), _context(asked))


def _context(asked: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    given = asked.get("context") or {}
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
    value = asked.get(name) or []
    if not isinstance(value, list):
        raise BadRequest(f"`{name}` must be a list")
    return value


def _attached(document: Any, kind: Kind, name: str) -> Attached:
    if not isinstance(document, dict):
        raise BadRequest(f"the document of `{name}` must be an object")
    return Attached(name, load(json.dumps(document), kind))


def _plain(asked: Mapping[str, Any], name: str, kind: Kind) -> tuple[Attached, ...]:
    return tuple(_attached(document, kind, f"{name}[{at}]") for at, document in enumerate(_list(asked, name)))


def _named(listed: Any, kind: Kind, where: str) -> tuple[Attached, ...]:
    if not isinstance(listed, list) or not all(isinstance(each, dict) and "document" in each for each in listed):
        raise BadRequest(f"`{where}` must be a list of {{name, document}}")
    return tuple(
        _attached(each["document"], kind, _text(each, "name") or f"{where}[{at}]") for at, each in enumerate(listed)
    )


def _levels(asked: Mapping[str, Any], name: str, kind: Kind) -> tuple[tuple[Attached, ...], ...]:
    levels = _list(asked, name)
    if not all(isinstance(level, dict) for level in levels):
        raise BadRequest(f"`{name}` must be a list of {{target, policies}}")
    return tuple(_named(level.get("policies"), kind, f"{name}[{at}]") for at, level in enumerate(levels))


def _layers(asked: Mapping[str, Any]) -> Layers:
    trust = _required(asked, "action").lower().startswith(_TRUST_PREFIXES)
    resource = asked.get("resourcePolicy")
    return Layers(
        identity=_named(asked.get("identityPolicies") or [], Kind.IDENTITY, "identityPolicies"),
        boundaries=_plain(asked, "permissionsBoundaries", Kind.BOUNDARY),
        session=_plain(asked, "sessionPolicies", Kind.SESSION) or None,
        scps=_levels(asked, "serviceControlPolicies", Kind.SCP),
        rcps=_levels(asked, "resourceControlPolicies", Kind.RCP),
        resource=_attached(resource, Kind.TRUST if trust else Kind.RESOURCE, "resourcePolicy") if resource else None,
        endpoint=_plain(asked, "endpointPolicies", Kind.ENDPOINT),
        management_account=_text(asked, "managementAccount"),
    )


if __name__ == "__main__":
    sys.exit(run(sys.stdin, sys.stdout, "--explain" in sys.argv[1:]))
