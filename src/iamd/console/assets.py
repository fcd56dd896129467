"""The console's web application, as the build left it in `dist/`: one page, and the files that it loads.

Only files that are there when the build is first seen are served, by their names; nothing is made a path of.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from iamd.console.pages import page
from iamd.wire.http import Answer, HttpRequest

PREFIX = b"/console/assets/"
DIST = Path(__file__).with_name("dist")
_STAMP = "built.json"  # written last by the build

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
    ".woff2": b"font/woff2",
}
_CODINGS = {"br": ".br", "gzip": ".gz"}
# Cloudscape has some pictures as data URIs, and sets styles through the style objects only.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_GUARDED = [
    (b"content-security-policy", _POLICY),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the application, also as the codings of HTTP that the build has made of it, shortest first."""

    type: bytes
    content: bytes
    packed: dict[str, bytes]


def application(request: HttpRequest) -> Answer:
    """The page that every address of the console shows: it finds out by itself which one that is."""
    stamp = _stamp()
    if stamp is None:
        return page("building.html", status=503)
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"), *_GUARDED]
    return Answer(200, headers, _index(stamp))


def asset(request: HttpRequest) -> Answer:
    """A file that the page loads. Its name tells its content, so browsers keep it."""
    stamp = _stamp()
    file = None if stamp is None else _file(request.path.removeprefix(PREFIX), stamp)
    if file is None:
        return Answer(404, [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")], b"no such file\n")
    headers = [(b"content-type", file.type), (b"vary", b"accept-encoding"), *_GUARDED]
    headers.append((b"cache-control", b"public, max-age=31536000, immutable"))
    accepted = {each.partition(";")[0].strip() for each in (request.header(b"accept-encoding") or "").split(",")}
    for coding, packed in file.packed.items():
        if coding in accepted:
            return Answer(200, [*headers, (b"content-encoding", coding.encode())], packed)
    return Answer(200, headers, file.content)


def _stamp() -> int | None:
    """When the application was built; None: not yet."""
    try:
        return (DIST / _STAMP).stat().st_mtime_ns
    except FileNotFoundError:
        return None


@lru_cache(maxsize=1)
def _index(stamp: int) -> bytes:
    return (DIST / "index.html").read_bytes()


@lru_cache(maxsize=1)
def _names(stamp: int) -> dict[bytes, Path]:
    return {path.name.encode(): path for path in (DIST / "assets").iterdir() if path.suffix in _TYPES}


@lru_cache(maxsize=512)
def _file(name: bytes, stamp: int) -> _File | None:
    path = _names(stamp).get(name)
    if path is None:
        return None
    packed = {coding: path.with_name(path.name + suffix) for coding, suffix in _CODINGS.items()}
    return _File(
        _TYPES[path.suffix],
        path.read_bytes(),
        {coding: file.read_bytes() for coding, file in packed.items() if file.exists()},
    )
