"""Calls of operations as HTTP requests, written by hand: AWS's own client would not let wrong ones through."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from iamd.wire.model import Member, OperationModel, Shape


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `service` is the name in the signature's scope, None for calls without a signature."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    service: str | None


def request_of(model: OperationModel, values: dict[str, Any], choice: random.Random) -> Request:
    """The request in the service's protocol, with hostile values as they are."""
    service = None if model.unsigned else model.service.signing_name
    made = {"query": _query, "json": _json, "rest-json": _rest_json}[model.service.protocol](model, values)
    body = made.body
    if choice.random() < 0.02 and body:  # cut off, or with a byte changed
        place = choice.randrange(len(body))
        body = choice.choice([body[:place], body[:place] + bytes([choice.randrange(256)]) + body[place + 1 :]])
    return Request(made.method, made.target, made.headers, body, service)


def _query(model: OperationModel, values: dict[str, Any]) -> Request:
    pairs = [("Action", model.name), ("Version", model.service.api_version)]
    for member in model.inputs:
        if member.name in values:
            pairs += _flat(member.wire_name, member.shape, member, values[member.name])
    body = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs]).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    return Request("POST", "/", headers, body, None)


def _flat(prefix: str, shape: Shape, member: Member, value: Any) -> list[tuple[str, str]]:
    """A value as the Query protocol has it; one of another type than the shape's as text."""
    if shape.type == "structure" and isinstance(value, dict):
        parts = {each.name: each for each in shape.members}
        return [
            pair
            for name, given in value.items()
            for pair in (
                _flat(f"{prefix}.{parts[name].wire_name}", parts[name].shape, parts[name], given)
                if name in parts
                else [(f"{prefix}.{name}", _text(given))]
            )
        ]
    if shape.type == "list" and isinstance(value, list):
        base = prefix if member.flattened else f"{prefix}.{shape.element.location_name or 'member'}"
        return [
            pair
            for number, each in enumerate(value, 1)
            for pair in _flat(f"{base}.{number}", shape.element.shape, shape.element, each)
        ]
    if shape.type == "map" and isinstance(value, dict):
        pairs = []
        for number, (key, each) in enumerate(value.items(), 1):
            base = f"{prefix}.{number}" if member.flattened else f"{prefix}.entry.{number}"
            pairs.append((f"{base}.{shape.key.location_name or 'key'}", _text(key)))
            pairs += _flat(f"{base}.{shape.value.location_name or 'value'}", shape.value.shape, shape.value, each)
        return pairs
    return [(prefix, _text(value))]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _json(model: OperationModel, values: dict[str, Any]) -> Request:
    headers = {
        "content-type": f"application/x-amz-json-{model.service.json_version}",
        "x-amz-target": f"{model.service.target_prefix}.{model.name}",
    }
    return Request("POST", "/", headers, json.dumps(values).encode(), None)


def _rest_json(model: OperationModel, values: dict[str, Any]) -> Request:
    path, _, fixed = model.uri.partition("?")
    query = [fixed] if fixed else []
    headers = {"content-type": "application/json"}
    body: dict[str, Any] = {}
    for member in model.inputs:
        if member.name not in values:
            continue
        value = values[member.name]
        if member.location == "uri":
            path = path.replace("{" + member.wire_name + "}", _escaped(value))
            path = path.replace("{" + member.wire_name + "+}", _escaped(value, "/"))
        elif member.location == "querystring":
            many = value if isinstance(value, list) else [value]
            query += [f"{quote(member.wire_name)}={_escaped(each)}" for each in many]
        elif member.location == "header":
            headers[member.wire_name.lower()] = quote(_text(value).encode("utf-8", "replace"), safe=" /+=.-_")
        else:
            body[member.wire_name] = value
    target = path + ("?" + "&".join(query) if query else "")
    content = json.dumps(body).encode() if body or model.method in ("POST", "PUT", "PATCH") else b""
    return Request(model.method, target, headers, content, None)


def _escaped(value: Any, safe: str = "") -> str:
    return quote(_text(value).encode("utf-8", "surrogatepass"), safe=safe) or "x"
