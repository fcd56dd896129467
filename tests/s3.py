"""A small S3: takes objects with their metadata, lists them and gives them back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class S3:
    """Objects by `bucket/key`; `refuses` makes it answer every PUT with 403."""

    endpoint: str = ""
    objects: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    refuses: bool = False


@contextmanager
def s3() -> Iterator[S3]:
    """Serve an empty one until the block ends."""
    store = S3()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            metadata = {k.lower(): v for k, v in self.headers.items() if k.lower().startswith("x-amz-meta-")}
            if not store.refuses:
                store.objects[self._path()] = (body, metadata)
            self._answer(403 if store.refuses else 200, b"")

        def do_GET(self) -> None:
            bucket, _, key = self._path().partition("/")
            query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
            if "location" in query:
                self._answer(200, b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>')
            elif not key:
                prefix, marker = (query.get(name, [""])[0] for name in ("prefix", "marker"))
                keys = sorted(name.partition("/")[2] for name in store.objects if name.startswith(f"{bucket}/"))
                listed = [each for each in keys if each.startswith(prefix) and each > marker]
                entries = "".join(f"<Contents><Key>{each}</Key></Contents>" for each in listed)
                self._answer(200, f"<ListBucketResult>{entries}</ListBucketResult>".encode())
            elif self._path() in store.objects:
                self._answer(200, *store.objects[self._path()])
            else:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

        def _path(self) -> str:
            return unquote(urlsplit(self.path).path).lstrip("/")

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        store.endpoint = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield store
        finally:
            http.shutdown()
            thread.join()
