"""What a request to another service is, once it is recognised. Plain classes: see `wire.http`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from iamd.gateway.directory import Form, Service
from iamd.wire.model import OperationModel

_NOTHING: Final[Mapping[str, str]] = {}


class Place:
    """Where in S3: no bucket for the list of buckets, no key for a bucket itself. `query` holds the parameters, without
    those of a presigned request. `virtual` tells that the bucket was in the host's name, `posted` that a form asks."""

    def __init__(
        self, bucket: str | None, key: str | None, query: dict[str, str], virtual: bool = False, posted: bool = False
    ) -> None:
        self.bucket: Final = bucket
        self.key: Final = key
        self.query: Final = query
        self.virtual: Final = virtual
        self.posted: Final = posted


class Asked:
    """What a request is, by `name` of its operation. `labels` are a REST operation's out of the path; `pairs` a query's; `place` an S3 request's."""

    def __init__(
        self,
        service: Service,
        operation: OperationModel,
        form: Form,
        labels: Mapping[str, str] = _NOTHING,
        pairs: Mapping[str, str] = _NOTHING,
        place: Place | None = None,
    ) -> None:
        self.service: Final = service
        self.operation: Final = operation
        self.name: Final[str] = operation.name
        self.form: Final = form
        self.labels: Final = labels
        self.pairs: Final = pairs
        self.place: Final = place
