"""Clients that tell each other of revisions, at a server that tells what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chaos.client import Carried, Client
from chaos.estate import ROOT


class _Teller(BaseHTTPRequestHandler):
    """Answers with the revision that was asked for, and always tells that it is at the seventh."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = self.headers.get("x-iamd-revision", "none").encode()
        self.send_response(200)
        self.send_header("x-iamd-revision", "7")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Teller) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server.server_port
        server.shutdown()
        serving.join()


def test_a_revision_that_one_client_was_told_is_carried_by_the_others(port: int) -> None:
    carried = Carried()
    one, two, alone = Client(port, carried=carried), Client(port, carried=carried), Client(port)

    def asked(client: Client, *, fresh: bool) -> bytes:
        return client.call(ROOT, "GetUser", {}, fresh=fresh).body

    try:
        assert asked(one, fresh=True) == b"none"
        assert carried.revision == 7
        assert asked(two, fresh=True) == b"7"
        assert asked(two, fresh=False) == b"none"
        assert asked(alone, fresh=True) == b"none"
        carried.note(5)
        assert carried.revision == 7
    finally:
        for client in (one, two, alone):
            client.close()
