"""The guardrails as the files have them, and with values of one's own in the place of the examples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from iamd.cli import Failure

FILES = Path(__file__).parent / "files"
TYPES = {"SCP": "SERVICE_CONTROL_POLICY", "RCP": "RESOURCE_CONTROL_POLICY"}
PREFIX = "guardrail-"
ORGANIZATION = "organization"
"""The parameter that `attach` knows by itself."""

Parameter = str | list[str]


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One control policy. `parameters` are the values of its document that are examples, by name."""

    name: str
    type: str  # "SCP" or "RCP"
    title: str
    why: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def policy_name(self) -> str:
        return PREFIX + self.name

    def document(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The document with those values, lists as `a,b`; raises Failure for a parameter that there is not."""
        unknown = sorted(set(values) - set(self.parameters))
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise Failure(f"{self.name} has no parameter {unknown[0]}; it has {known}")
        document: dict[str, Any] = json.loads((FILES / f"{self.name}.json").read_text("utf-8"))
        for name, value in values.items():
            example = self.parameters[name]
            given: Parameter = _split(name, value) if isinstance(example, list) else value
            document = _replaced(document, example, given)
        return document


def _split(name: str, value: str) -> list[str]:
    items = [item.strip() for item in value.split(",")]
    if not all(items):
        raise Failure(f"{name}: values are separated by single commas")
    return items


def _replaced(node: Any, example: Parameter, given: Parameter) -> Any:
    if node == example:
        return given
    if isinstance(node, dict):
        return {key: _replaced(value, example, given) for key, value in node.items()}
    return [_replaced(item, example, given) for item in node] if isinstance(node, list) else node


def guardrails() -> dict[str, Guardrail]:
    """Every guardrail, by name."""
    described = yaml.safe_load((FILES / "guardrails.yaml").read_text("utf-8"))
    return {name: Guardrail(name, **fields) for name, fields in described.items()}


def guardrail(name: str) -> Guardrail:
    """The guardrail of that name; raises Failure."""
    found = guardrails().get(name)
    if found is None:
        raise Failure(f"there is no guardrail {name}: `iamd guardrails list` names them")
    return found
