"""What is remembered of headers' names changes nothing: answers' heads, and names in lower case."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.server.header_names import known
from iamd.server.whole import head, whole
from iamd.wire.http import Answer

TEXT = st.binary(max_size=6) | st.sampled_from(
    [b"a\r\nb", b"a\nb", b"a\rb", b"a\0b", b"etag", b"Content-MD5", b"EXPECT"]
)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=4)
NAMES = [b"host", b"HOST", b"X-Amz-Content-SHA256", b"x-amz-CONTENT-sha256", b"Proxy-Connection", b"x" * 2000]


@given(st.sampled_from([200, 404, 599]), HEADERS, HEADERS, st.binary(max_size=9))
@settings(max_examples=200, deadline=None)
def test_answers_are_written_as_they_are_or_not_at_all(
    status: int, headers: list[tuple[bytes, bytes]], defaults: list[tuple[bytes, bytes]], body: bytes
) -> None:
    said = b"".join(name + value for name, value in (*defaults, *headers))
    breaks = any(each in said for each in (b"\r", b"\n", b"\0"))
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in (*defaults, *headers))
    for _ in range(2):  # for the first time, and by what is remembered of it
        told, answer = head(status, headers, defaults), whole(Answer(status, headers, body), defaults)
        if breaks:
            assert (told, answer) == (None, None)
            continue
        assert told is not None
        assert answer is not None
        first, _, rest = told.partition(b"\r\n")
        assert (first[:13], rest) == (b"HTTP/1.1 %d " % status, lines + b"\r\n")
        assert answer == told[:-2] + b"content-length: %d\r\n\r\n" % len(body) + body


@given(TEXT | st.sampled_from(NAMES))
def test_names_are_told_in_lower_case(name: bytes) -> None:
    assert known(name) == name.lower()
    assert known(name.upper()) == name.lower()
