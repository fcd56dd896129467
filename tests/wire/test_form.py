"""From HTTP to named texts."""

from __future__ import annotations

from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.wire import aws_query, errors, form
from iamd.wire.http import HttpRequest

_FORM = b"application/x-www-form-urlencoded"


def _post(body: bytes, content_type: bytes | None = _FORM, query: bytes = b"") -> HttpRequest:
    headers = [] if content_type is None else [(b"content-type", content_type)]
    return HttpRequest("POST", b"/", query, headers, body)


def test_reads_a_form() -> None:
    call = aws_query.read(_post(b"Action=GetUser&Version=2010-05-08&UserName=a%2Bb+c&Empty="))
    assert (call.action, call.version) == ("GetUser", "2010-05-08")
    assert call.pairs == {"Action": "GetUser", "Version": "2010-05-08", "UserName": "a+b c", "Empty": ""}


def test_reads_a_query_string_and_lets_the_body_win() -> None:
    call = aws_query.read(HttpRequest("GET", b"/", b"Action=GetUser&UserName=%E4%B8%AD", [], b""))
    assert (call.action, call.version, call.pairs["UserName"]) == ("GetUser", "", "中")
    assert aws_query.read(_post(b"Action=B", query=b"Action=A&X=1")).pairs == {"Action": "B", "X": "1"}


def test_the_last_of_a_repeated_name_wins_and_empty_names_are_dropped() -> None:
    assert aws_query.read(_post(b"Action=A&&=x&Action=B")).pairs == {"Action": "B"}


def test_the_first_of_a_repeated_header_counts() -> None:
    request = HttpRequest("GET", b"/", b"", [(b"host", b"a"), (b"host", b"b")], b"")
    assert (request.header(b"host"), request.header(b"host"), request.header(b"date")) == ("a", "a", None)


@pytest.mark.parametrize("content_type", [None, _FORM.upper(), _FORM + b"; charset=utf-8", _FORM + b" ;x"])
def test_forms_by_any_spelling(content_type: bytes | None) -> None:
    assert aws_query.read(_post(b"Action=A", content_type)).action == "A"


@pytest.mark.parametrize("content_type", [b"application/json", b"text/plain", b"multipart/form-data; boundary=x", b""])
def test_other_bodies_are_refused(content_type: bytes) -> None:
    with pytest.raises(errors.UnknownOperationException):
        aws_query.read(_post(b"Action=A", content_type))


@pytest.mark.parametrize("body", [b"", b"Version=2010-05-08", b"Action=", b"Action", b"action=GetUser"])
def test_an_action_is_needed(body: bytes) -> None:
    with pytest.raises(errors.MissingAction, match="Missing Action"):
        aws_query.read(_post(body))


@pytest.mark.parametrize(
    "body",
    [
        b"Action=A%",
        b"Action=A%2",
        b"Action=A%zz",
        b"Action=A%FF",
        b"Action=\xff",
        b"Action=%ED%A0%80",
        b"Action=A%00",
        b"Action=A&%00=x",
        b"Action=A&" + b"n" * (form.MAX_NAME + 1) + b"=x",
        b"Action=A&" + b"&" * form.MAX_PAIRS,
    ],
)
def test_malformed_forms(body: bytes) -> None:
    with pytest.raises(errors.MalformedInput):
        aws_query.read(_post(body))


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), st.text(), max_size=5)
)
def test_reads_what_was_encoded(pairs: dict[str, str]) -> None:
    pairs = {name: text for name, text in pairs.items() if _sendable(name) and _sendable(text)} | {"Action": "A"}
    assert aws_query.read(_post(urlencode(pairs).encode())).pairs == pairs


@given(st.text(st.sampled_from('"{}:,% /25é\n+a'), max_size=40), st.booleans())
def test_decodes_escapes_of_any_spelling(text: str, lower: bool) -> None:
    escaped = quote_plus(text, safe="")
    escaped = escaped.lower() if lower else escaped
    assert aws_query.read(_post(f"Action=A&Text={escaped}".encode())).pairs["Text"] == text


def _sendable(text: str) -> bool:
    return "\0" not in text and len(quote_plus(text, errors="replace")) < form.MAX_NAME and text.isprintable()
