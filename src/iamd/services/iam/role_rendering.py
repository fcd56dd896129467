"""What a role template makes of the values that its parameters are given.

`@{Name}` stands for a parameter's value; a statement with `"@Enabled": "NAME"` is there when that parameter is `True`,
and left out before its other parameters are looked at (seen of live AWS).
https://docs.aws.amazon.com/IAM/latest/APIReference/API_AcquireRole.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamd.reference.role_templates import RoleTemplate
from iamd.wire.errors import InvalidInput, ValidationError

_PLACE = re.compile(r"@\{([^}]*)\}")
_ENABLED = "@Enabled"

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Rendering:
    """The role that a template makes; documents are JSON text."""

    name: str
    path: str
    description: str
    max_session: int
    trust: str
    inline: tuple[tuple[str, str], ...]
    managed: tuple[str, ...]


def render(template: RoleTemplate, given: Values) -> Rendering:
    """The role of a template with those parameters. Raises InvalidInput, ValidationError."""
    values = _values(template, given)
    inline = ((each["PolicyName"], _document(each["PolicyDocument"], values)) for each in _inline(template))
    return Rendering(
        name=_text(template["RoleNamePattern"], values),
        path=_text(template.get("RolePathPattern", "/"), values),
        description=_text(template["RoleDescriptionPattern"], values),
        max_session=template["MaxSessionDuration"],
        trust=_json(_filled(template["AssumeRolePolicyDocumentTemplate"], values)),
        inline=tuple((name, _json(document)) for name, document in inline if document["Statement"]),
        managed=tuple(template.get("ManagedPolicyArns", ())),
    )


def _inline(template: RoleTemplate) -> Sequence[Mapping[str, Any]]:
    policies: Sequence[Mapping[str, Any]] = template.get("InlinePolicyTemplates", ())
    return policies


def _values(template: RoleTemplate, given: Values) -> dict[str, Sequence[str]]:
    """The values of all parameters that have one, by default or as given."""
    parameters = {parameter["Name"]: parameter for parameter in template["ParametersDefinition"]}
    for name, values in given.items():
        if name not in parameters:
            raise InvalidInput(f"Failed to render template: Unrecognized parameter: {name}")
        if len(values) != 1 and not parameters[name]["Type"].endswith("List"):
            raise ValidationError(f"{name} replacement value must contain exactly one value, got {len(values)}")
    defaults = {name: [each["DefaultValue"]] for name, each in parameters.items() if "DefaultValue" in each}
    return {**defaults, **given}


def _value(name: str, values: Values) -> Sequence[str]:
    found = values.get(name)
    if found is None:
        raise InvalidInput(f"Failed to render template: Parameter '{name}' not found.")
    return found


def _text(pattern: str, values: Values) -> str:
    """The pattern with values in their places, each of which takes a single one."""

    def single(place: re.Match[str]) -> str:
        found = _value(place[1], values)
        if len(found) != 1:
            raise InvalidInput(f"Failed to render template: Parameter '{place[1]}' has several values.")
        return found[0]

    return _PLACE.sub(single, pattern)


def _filled(part: Any, values: Values) -> Any:
    """A part of a document with values in their places; a text that is one place alone may become a list."""
    if isinstance(part, dict):
        return {name: _filled(value, values) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(item, values) for item in part]
    if not isinstance(part, str):
        return part
    place = _PLACE.fullmatch(part)
    if place is None:
        return _text(part, values)
    found = _value(place[1], values)
    return found[0] if len(found) == 1 else list(found)


def _document(document: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """A policy with the statements that are enabled."""
    statements = [
        {name: value for name, value in statement.items() if name != _ENABLED}
        for statement in document["Statement"]
        if _ENABLED not in statement or _value(statement[_ENABLED], values) == ["True"]
    ]
    return {**document, "Statement": _filled(statements, values)}


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def filled(document: str, values: Values) -> str:
    """A policy document with values in its places. Raises InvalidInput for values without a place, and the reverse."""
    for name in values.keys() - set(_PLACE.findall(document)):
        raise InvalidInput(f"Failed to render template: Unrecognized parameter: {name}")
    return _json(_filled(json.loads(document), values))


def same(one: str, other: str) -> bool:
    """Whether two documents say the same, however lists are ordered and single values written."""
    return bool(_canonical(json.loads(one)) == _canonical(json.loads(other)))


def _canonical(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _canonical(value) for name, value in part.items()}
    if isinstance(part, list):
        items = sorted((_canonical(item) for item in part), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return part
