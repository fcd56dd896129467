"""An S3 behind the gateway: every object is there, and buckets keep their policies."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Upstream(ThreadingHTTPServer):
    """Serves until `close`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Bucket)
        self.policies: dict[str, bytes] = {}  # by path
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def flags(self) -> list[str]:
        """What leads a server to it."""
        return ["--upstream", f"s3=http://127.0.0.1:{self.server_port}"]

    def close(self) -> None:
        """Serve no longer."""
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: Any) -> None:
        """Servers are killed: their connections break."""


class _Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Upstream

    def do_GET(self) -> None:
        path, _, wanted = self.path.partition("?")
        if not wanted:
            self._answer(200, b"hello")
        elif wanted.startswith("policy") and path in self.server.policies:
            self._answer(200, self.server.policies[path])
        else:
            self._answer(404, b"<Error><Code>NoSuchBucketPolicy</Code></Error>")

    def do_PUT(self) -> None:
        path, length = self.path.partition("?")[0], int(self.headers["content-length"])
        policy = self.rfile.read(length)
        if len(policy) < length:  # its sender was killed
            self.close_connection = True
            return
        self.server.policies[path] = policy
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
