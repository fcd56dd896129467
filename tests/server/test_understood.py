"""What requests mean is remembered of short ones only, whatever makes them long."""

from __future__ import annotations

import pytest

from iamd.server import understood
from iamd.services.catalogue import APIS
from iamd.wire.http import HttpRequest


@pytest.mark.parametrize(("size", "is_kept"), [(20, True), (60_000, False)])
@pytest.mark.parametrize("name", ["body", "content-type", "x-amz-target"])
def test_long_requests_are_not_remembered(name: str, size: int, is_kept: bool) -> None:
    api, text = APIS["iam"], b"x" * size
    headers = [] if name == "body" else [(name.encode(), text)]
    request = HttpRequest("POST", b"/", b"", headers, text if name == "body" else b"")
    known = api.operations["ListUsers"], {"max_items": 5}
    understood.put(api, request, *known)
    assert understood.get(api, request) == (known if is_kept else None)
