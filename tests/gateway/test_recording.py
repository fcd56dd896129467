"""What is recorded of requests for objects, which is written down without a model's help, is what the model says."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamd.audit.elements import request_parameters
from iamd.audit.stored import packed
from iamd.audit.templates import Template
from iamd.gateway import bodies
from iamd.gateway.asked import Asked, Place
from iamd.gateway.directory import Form, services
from iamd.gateway.passage import Passage
from iamd.gateway.recording import _Usual
from iamd.wire.http import HttpRequest
from iamd.wire.model import read
from tests.audit.test_event import ALICE

OPERATIONS = read("s3").operations
PARTS = st.one_of(st.none(), st.text(max_size=40), st.integers(250, 2060).map("é".__mul__))


@pytest.mark.parametrize("name", ["GetObject", "ListObjectsV2", "HeadBucket", "ListBuckets"])
@given(pairs=st.lists(st.tuples(PARTS, PARTS), min_size=1, max_size=3))
@example(pairs=[("b", "\udc80"), ("b", "k"), ("b", "k" * 256), ("c", "k")])
@settings(max_examples=25, deadline=None)
def test_parameters_of_objects(name: str, pairs: list[tuple[str | None, str | None]]) -> None:
    operation = OPERATIONS[name]
    usual = _Usual(Template(ALICE, operation, ("s3.amazonaws.com", name, "us-east-1"), "::1", "x", None), operation)
    for bucket, key in pairs:
        passage = Passage(HttpRequest("GET", b"/", b"", [], b""), "id", datetime.now(UTC), bodies.NONE, b"")
        passage.asked = Asked(services()["s3"], operation, Form.S3, place=Place(bucket, key, {}))
        told = {"bucket": bucket, "key": key}
        known = {part: text for part, text in told.items() if text is not None and len(text) <= 2048}
        made = packed(request_parameters(operation, known))
        assert msgspec.msgpack.decode(usual.parameters(passage)) == msgspec.msgpack.decode(made)
