"""Answers of the endpoints, none of which any cache may keep."""

from __future__ import annotations

import json
from datetime import datetime
from http import HTTPStatus

from iamd.wire.http import Answer

_NO_STORE = (b"cache-control", b"no-store")


def text(body: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Plain text, as the metadata service answers."""
    return Answer(200, [(b"content-type", b"text/plain"), _NO_STORE, *headers], body.encode())


def page(status: int, *headers: tuple[bytes, bytes]) -> Answer:
    """A failure of the metadata service: a page that says no more than its status."""
    said = f"{status} - {HTTPStatus(status).phrase}"
    body = f"<html><head><title>{said}</title></head><body><h1>{said}</h1></body></html>\n"
    return Answer(status, [(b"content-type", b"text/html"), _NO_STORE, *headers], body.encode())


def record(status: int, **members: object) -> Answer:
    """A JSON object; members that are None are left out."""
    told = {name: value for name, value in members.items() if value is not None}
    return Answer(status, [(b"content-type", b"application/json"), _NO_STORE], json.dumps(told).encode())


def failure(status: int, code: str, message: str) -> Answer:
    """A failure of the containers' endpoints, as their SDKs log it."""
    return record(status, code=code, message=message)


def iso(moment: datetime) -> str:
    """A time as the endpoints write it: UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
