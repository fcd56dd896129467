"""Clients that tell each other of revisions, at a server that tells what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chaos.client import Answer, Carried, Client, number_of
from chaos.estate import ROOT
from chaos.history import History, Outcome
from chaos.noting import Asked, Scribe, verdict
from chaos.requests import get_object, iam, organizations, question, sts


class _Teller(BaseHTTPRequestHandler):
    """Answers with the revision that was asked for, and tells that it is at the seventh; of objects it tells none."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = self.headers.get("x-iamd-revision", "none").encode()
        self.send_response(200)
        self.send_header("x-iamd-revision", "7")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send_response(403 if "denied" in self.path else 200)
        body = b"<Code>AccessDenied</Code>"
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


def test_another_accounts_revisions_stay_apart(port: int) -> None:
    carried = Carried()
    client = Client(port, carried=carried)
    assert client.send(ROOT, iam("GetUser"), apart=True).revision is None
    assert carried.revision is None
    client.close()


def test_an_answer_without_a_revision_lies_between_two_with_one(port: int) -> None:
    history, carried = History(), Carried()
    register = history.register("alice", numbered=False)
    client = Client(port, carried=carried)
    for asked, carry in ((Asked(get_object("denied"), ROOT), True), (Asked(iam("GetUser"), ROOT, fresh=True), True)):
        answer = Scribe(ROOT, carry, 0.0, history).ask(client, register, asked, "any")
        read = register.reads[-1]
        assert read.allows is (answer.status == 200)
        assert (read.started < answer.started, read.ended > answer.ended) == ((answer.revision is None,) * 2)
        assert carried.revision == 7
    Scribe(ROOT, False, 0.0, history).ask(client, register, Asked(get_object("there"), ROOT), "any")
    assert [read.allows for read in register.reads] == [False, True, True]
    client.close()


def test_a_change_is_noted_with_its_number_and_what_is_known_of_it(port: int) -> None:
    history = History()
    register, scribe = history.register("alice", numbered=False), Scribe(ROOT, False, 0.0, history)
    client = Client(port)
    for _ in range(2):
        scribe.change(client, register, lambda number, allows: iam("AddUserToGroup"))
    client.close()
    noted = [(write.value, write.allows, write.outcome) for write in register.writes]
    assert noted == [(0, True, Outcome.DONE), (1, False, Outcome.DONE)]
    assert number_of("chaos/12") == 12
    assert number_of("aws-cli/2.0 Python/3.11") is None


@pytest.mark.parametrize(
    ("request_", "status", "body", "told"),
    [
        (sts("GetCallerIdentity"), 200, b"{}", True),
        (sts("GetCallerIdentity"), 403, b'{"Error": {"Code": "InvalidClientTokenId"}}', False),
        (sts("GetCallerIdentity"), 403, b'{"Error": {"Code": "ExpiredToken"}}', None),
        (iam("GetUser"), 403, b'{"Error": {"Code": "AccessDenied"}}', False),
        (iam("GetUser"), 503, b'{"Error": {"Code": "ServiceUnavailable"}}', None),
        (get_object("bucket"), 403, b"<Error><Code>AccessDenied</Code></Error>", False),
        (get_object("bucket"), 403, b"<Error><Code>InvalidAccessKeyId</Code></Error>", False),
        (get_object("bucket"), 403, b"<Error><Code>RequestTimeTooSkewed</Code></Error>", None),
        (organizations("UpdatePolicy"), 400, b'{"__type": "AccessDeniedException"}', False),
        (question("a", "b", "c"), 200, b'{"decision": true}', True),
        (question("a", "b", "c"), 200, b'{"decision": false, "context": {"reason_admin": {}}}', False),
        (question("a", "b", "c"), 200, b'{"decision": false, "context": {"error": {"status": 503}}}', None),
        (question("a", "b", "c"), 401, b"no", None),
    ],
)
def test_what_an_answer_says(request_, status: int, body: bytes, told: bool | None) -> None:
    assert verdict(request_, Answer(True, status, body, None, 0.0, 1.0)) is told
