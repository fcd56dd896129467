"""Values that fit a shape, made from a source of randomness (a seeded one, or Hypothesis's), and a service model that
uses every form the Query protocol has."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from iamd.wire.model import Member, OperationModel, ServiceModel, Shape, load

# Everything XML can carry, and what escaping and percent-encoding can trip over.
_ALPHABET = "ab0Z/+=,.@-_ %&;<>\"'\t\n\r*{}\u00e9\u2028\u4e2d\U0001f511"
_EPOCH = datetime(2026, 11, 21, 20, tzinfo=UTC)


def sample(shape: Shape, rng: random.Random, depth: int = 0) -> Any:
    """A value of the shape as our parser and serializer know it; structures and maps are never empty."""
    match shape.type:
        case "structure":
            return _structure(shape, rng, depth)
        case "list":
            return [sample(shape.element.shape, rng, depth + 1) for _ in range(rng.randrange(0, 4))]
        case "map":
            return {f"key{n}": sample(shape.value.shape, rng, depth + 1) for n in range(rng.randrange(1, 4))}
        case "string":
            return rng.choice(shape.enum) if shape.enum else "".join(rng.choices(_ALPHABET, k=rng.randrange(0, 12)))
        case "boolean":
            return rng.random() < 0.5
        case "integer" | "long":
            return rng.randrange(-(1 << 31), 1 << 31)
        case "float" | "double":
            return rng.randrange(-1000, 1000) / 8
        case "timestamp":
            return _EPOCH + timedelta(seconds=rng.randrange(10**8))
        case "blob":
            return bytes(rng.choices(range(256), k=rng.randrange(1, 8)))
    raise AssertionError(shape.type)


def _structure(shape: Shape, rng: random.Random, depth: int) -> dict[str, Any]:
    members = [m for m in shape.members if not (depth > 3 and m.shape.type in ("structure", "list", "map"))]
    chosen = [m for m in members if rng.random() < 0.7] or members[:1]
    return {m.name: sample(m.shape, rng, depth + 1) for m in chosen}


def inputs(operation: OperationModel, rng: random.Random) -> dict[str, Any]:
    """Parameters under the model's names."""
    chosen: list[Member] = [m for m in operation.inputs if rng.random() < 0.8]
    return {m.name: sample(m.shape, rng) for m in chosen}


def operations() -> list[OperationModel]:
    """Every operation of IAM and STS."""
    return [operation for name in ("iam", "sts") for operation in load(name).operations.values()]


EVERY_FORM: dict[str, Any] = {
    "metadata": {
        "apiVersion": "2026-01-01",
        "endpointPrefix": "forms",
        "protocol": "query",
        "serviceId": "Forms",
        "xmlNamespace": "https://forms.example.com/",
    },
    "operations": {
        "Echo": {
            "name": "Echo",
            "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": "Everything"},
            "output": {"shape": "Everything", "resultWrapper": "EchoResult"},
        }
    },
    "shapes": {
        "Everything": {
            "type": "structure",
            "members": {
                "Plain": {"shape": "Text"},
                "Renamed": {"shape": "Text", "locationName": "another"},
                "Count": {"shape": "Long"},
                "Ratio": {"shape": "Double"},
                "Flag": {"shape": "Bool"},
                "When": {"shape": "Time"},
                "Bytes": {"shape": "Blob"},
                "Names": {"shape": "Names"},
                "NamedItems": {"shape": "NamedItems"},
                "FlatNames": {"shape": "FlatNames"},
                "FlatItems": {"shape": "FlatItems"},
                "Pairs": {"shape": "Pairs"},
                "FlatPairs": {"shape": "FlatPairs"},
                "Tree": {"shape": "Tree"},
                "Grid": {"shape": "Grid"},
            },
        },
        "Text": {"type": "string"},
        "Long": {"type": "long"},
        "Double": {"type": "double"},
        "Bool": {"type": "boolean"},
        "Time": {"type": "timestamp"},
        "Blob": {"type": "blob"},
        "Names": {"type": "list", "member": {"shape": "Text"}},
        "NamedItems": {"type": "list", "member": {"shape": "Tree", "locationName": "Item"}},
        "FlatNames": {"type": "list", "member": {"shape": "Text"}, "flattened": True},
        "FlatItems": {"type": "list", "member": {"shape": "Tree", "locationName": "FlatItem"}, "flattened": True},
        "Pairs": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Tree"}},
        "FlatPairs": {
            "type": "map",
            "key": {"shape": "Text", "locationName": "K"},
            "value": {"shape": "Text", "locationName": "V"},
            "flattened": True,
        },
        "Tree": {
            "type": "structure",
            "members": {"Name": {"shape": "Text"}, "Leaves": {"shape": "Names"}, "Child": {"shape": "Tree"}},
        },
        "Grid": {"type": "list", "member": {"shape": "Names"}},
    },
    "pagination": {},
}


def every_form() -> OperationModel:
    """The operation `Echo` of a made-up service, in and out of which go all forms of values."""
    return ServiceModel("forms", EVERY_FORM).operations["Echo"]
