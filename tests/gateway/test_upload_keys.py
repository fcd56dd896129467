"""The object of a form is the one that was decided on, whatever its key."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.gateway.test_forwarding import Upstream, alice, upstream
from tests.gateway.test_uploads import form, send
from tests.live import Live, live

__all__ = ["alice", "upstream"]

_PARTS = st.sampled_from(
    ["ok", "no", "..", ".", "", "%2e%2e", "%2F", "a b", "é", "+", "?", "#", "\\", "\x01", "~", "&", "${filename}"]
)


@pytest.fixture(scope="module")
def gateway(upstream: Upstream) -> Iterator[Live]:
    with live(upstream={"s3": upstream.url}, upstream_credentials="s3=UPSTREAMKEY:secret") as server:
        yield server


@examples(30)
@given(st.lists(_PARTS, max_size=4), st.sampled_from(["f.txt", "../no/f", "..", "a/b\\c"]))
def test_what_passes_is_what_was_decided(
    gateway: Live, upstream: Upstream, alice: dict[str, str], parts: list[str], name: str
) -> None:
    upstream.seen.clear()
    key = "ok/" + "/".join(parts)
    answer = send(form(gateway.client("s3", alice), "bucket", key), b"hello", name)
    if answer.status_code != 204:
        assert answer.status_code in (400, 403)
        assert not upstream.seen
        return
    ((line, _, body),) = upstream.seen
    method, path, _ = line.decode("ascii").split(" ")
    assert (method, body) == ("PUT", b"hello")
    assert posixpath.normpath(path).startswith("/bucket/ok")
    assert posixpath.normpath(unquote(path)).startswith("/bucket/ok")
    if "${filename}" not in key:
        assert unquote(path) == f"/bucket/{key}"
