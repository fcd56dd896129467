"""Every service that botocore has a model of: by signing name, target prefix and version, and a few models in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache

from iamd.wire import model, model_files
from iamd.wire.model import ServiceModel

MODELS_KEPT = 24
"""Service models in memory at once; the largest takes some 30 MB."""


class Form(Enum):
    """How a request says what it asks for."""

    JSON = "json"
    CBOR = "smithy-rpc-v2-cbor"
    QUERY = "query"
    EC2 = "ec2"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `name` is botocore's, `signing` that of credential scopes, `endpoint` that of its host names;
    `target` is empty where it has no `X-Amz-Target`."""

    name: str
    signing: str
    endpoint: str
    protocols: tuple[str, ...]
    version: str
    target: str


@cache
def services() -> Mapping[str, Service]:
    """All services by botocore's name."""
    return {name: _service(name) for name in model_files.names()}


@cache
def by_signing_name() -> Mapping[str, tuple[Service, ...]]:
    """The services that share a name in credential scopes."""
    found: dict[str, tuple[Service, ...]] = {}
    for service in services().values():
        found[service.signing] = (*found.get(service.signing, ()), service)
    return found


@lru_cache(maxsize=MODELS_KEPT)
def model_of(name: str) -> ServiceModel:
    """The model of a service; those that were not asked for lately are forgotten. Raises LookupError."""
    return model.read(name)


def _service(name: str) -> Service:
    told = model_files.metadata(name)
    return Service(
        name=name,
        signing=told.get("signingName", told["endpointPrefix"]),
        endpoint=told["endpointPrefix"],
        protocols=tuple(told.get("protocols") or [told["protocol"]]),
        version=told["apiVersion"],
        target=told.get("targetPrefix", ""),
    )
