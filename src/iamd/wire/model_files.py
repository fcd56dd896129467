"""The data files of service models in the installed botocore package, which is not imported itself."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def newest(service: str) -> Path:
    """The folder of the newest model of a service; LookupError when there is none."""
    folder = _data_folder() / service
    versions = sorted(folder.glob("*/service-2.json*")) if re.fullmatch(r"[\w-]+", service) else []
    if not versions:
        raise LookupError(f"no service model named `{service}`")
    return versions[-1].parent


def names() -> list[str]:
    """The names of all services that botocore has a model of, in order."""
    return sorted({found.parts[-3] for found in _data_folder().glob("*/*/service-2.json*")})


_METADATA = re.compile(r'"metadata"\s*:\s*(?={)')
_HEAD = 4096  # packed bytes; the metadata come first


def metadata(service: str) -> Mapping[str, Any]:
    """What a model says of the service as such, without reading the rest. Raises LookupError."""
    packed = newest(service) / "service-2.json.gz"
    if packed.exists():
        with packed.open("rb") as file:
            head = zlib.decompressobj(wbits=31).decompress(file.read(_HEAD)).decode(errors="replace")
        found = _METADATA.search(head)
        try:
            told: dict[str, Any] = json.JSONDecoder().raw_decode(head, found.end())[0] if found else {}
        except ValueError:
            told = {}
        if told:
            return told
    whole: Mapping[str, Any] = read(packed.parent, "service-2.json")["metadata"]
    return whole


def _data_folder() -> Path:
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        raise LookupError("the botocore package, which holds the service models, is not installed")
    return Path(spec.origin).parent / "data"


def read(folder: Path, name: str) -> dict[str, Any]:
    """A data file, compressed or not; empty when the service has none of that name."""
    packed, plain = folder / f"{name}.gz", folder / name
    if packed.exists():
        text = gzip.decompress(packed.read_bytes())
    elif plain.exists():
        text = plain.read_bytes()
    else:
        return {}
    data: dict[str, Any] = json.loads(text, object_hook=_without_prose)
    return data


def _without_prose(raw: dict[str, Any]) -> dict[str, Any]:
    if isinstance(raw.get("documentation"), str):  # a member may have that name, too
        del raw["documentation"]
    return raw
