"""What a request to another service is, once it is recognised."""

from __future__ import annotations

from enum import Enum

import msgspec

from iamd.gateway.directory import Service
from iamd.wire.model import OperationModel


class Form(Enum):
    """How a request says what it asks for."""

    JSON = "json"
    CBOR = "smithy-rpc-v2-cbor"
    QUERY = "query"
    EC2 = "ec2"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    S3 = "s3"


class Place(msgspec.Struct, frozen=True):
    """Where in S3: no bucket for the list of buckets, no key for a bucket itself. `query` holds the parameters, without
    those of a presigned request. `virtual` tells that the bucket was in the host's name, `posted` that a form asks."""

    bucket: str | None
    key: str | None
    query: dict[str, str]
    virtual: bool = False
    posted: bool = False


class Asked(msgspec.Struct, frozen=True):
    """What a request is. `labels` are a REST operation's out of the path; `pairs` a query's; `place` an S3 request's."""

    service: Service
    operation: OperationModel
    form: Form
    labels: dict[str, str] = {}
    pairs: dict[str, str] = {}
    place: Place | None = None
