"""The control plane's side of edge nodes: who they are, what they are told, and what they hand over.

Below `/_iamd/edge/`, in MessagePack, deflated; the header `x-iamd-digest` is the SHA-256 of what is in the body. An edge
node shows its token as a bearer token; of the token, this server has the digest.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import tomllib
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Annotated
from urllib.parse import parse_qs

import msgspec

from iamd.audit.stored import record_of
from iamd.caller.session import Session
from iamd.server import telemetry
from iamd.services.call import Realm
from iamd.services.unavailable import unavailable
from iamd.store.edge.messages import NEEDED, STANDING, Delta, State, changed, whole
from iamd.store.errors import StoreError
from iamd.store.interface import Group
from iamd.store.spool import accounts_of, group_of
from iamd.store.sql.feed import Mark
from iamd.wire.errors import InvalidClientTokenId
from iamd.wire.http import Answer, HttpRequest

PREFIX = b"edge/"
WAIT = 2.0  # seconds that an edge node is kept waiting for something new; stopping need not wait for longer
LOOKS_EVERY = 0.2

_account_path = re.compile(rb"accounts/([0-9]{12})").fullmatch
_pack = msgspec.msgpack.Encoder().encode


class EdgesFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file that names the edge nodes."""

    edges: dict[str, EdgeEntry] = {}


class EdgeEntry(msgspec.Struct, forbid_unknown_fields=True):
    """An edge node in the file: the digest of its token, in hexadecimal digits, and its accounts; by default all."""

    token_sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{64}$")]
    accounts: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge node that may follow."""

    name: str
    accounts: frozenset[str] | None

    @property
    def scope(self) -> str:
        """Stands for its accounts."""
        return "all" if self.accounts is None else sha256(",".join(sorted(self.accounts)).encode()).hexdigest()


class BadEdges(ValueError):
    """The file cannot be read, or makes no sense; the message says why."""


class Edges:
    """The edge nodes of a file, which is read again when it changes. Raises BadEdges when there is nothing to begin
    with; later, what cannot be read lets nobody in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = self._state()
        self._known = self._read()

    def of(self, token: str) -> Edge | None:
        """Whose token it is."""
        if self._state() != self._seen:
            self._renew()
        digest, found = sha256(token.encode()).hexdigest(), None
        for expected, edge in self._known:
            if hmac.compare_digest(expected, digest):
                found = edge
        return found

    def _renew(self) -> None:
        self._seen = self._state()
        try:
            self._known = self._read()
        except BadEdges as error:
            self._known = []
            telemetry.log.error("no edge node may follow", error=str(error))

    def _state(self) -> tuple[int, int, int]:
        try:
            found = self._file.stat()
        except OSError:
            return 0, 0, 0
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _read(self) -> list[tuple[str, Edge]]:
        try:
            told = msgspec.convert(tomllib.loads(self._file.read_text(encoding="utf-8")), EdgesFile)
        except OSError as error:
            raise BadEdges(f"the file of edge nodes {self._file} cannot be read: {error.strerror}") from error
        except (ValueError, msgspec.ValidationError) as error:
            raise BadEdges(f"the file of edge nodes {self._file} makes no sense: {error}") from error
        return [
            (entry.token_sha256.lower(), Edge(name, None if entry.accounts is None else frozenset(entry.accounts)))
            for name, entry in told.edges.items()
        ]


class EdgeDoor:
    """Answers edge nodes. Every answer is of what is durable."""

    def __init__(self, realm: Realm, edges: Edges) -> None:
        self._realm = realm
        self._store = realm.store
        self._edges = edges

    async def answer(self, request: HttpRequest, path: bytes) -> Answer:
        """Answer a request below the prefix; 401 without a token that counts, 403 for what is not this edge node's. Raises
        Throttling for addresses that have no such token too often."""
        edge = self._edge(request)
        if edge is None:
            self._realm.strangers.take(request.client_ip)
            return _refused(401, "no edge node has this token: look at the control plane's `edges`")
        asked = {name: values[-1] for name, values in parse_qs(request.query.decode("latin-1")).items()}
        try:
            if (request.method, path) == ("GET", b"state"):
                return await self._state(request, edge, asked)
            account = _account_path(path)
            if request.method == "GET" and account is not None:
                return await self._account(edge, account[1].decode(), asked)
            if (request.method, path) == ("POST", b"events"):
                return await self._take_over(edge, request.body)
            if (request.method, path) == ("POST", b"session"):
                return await self._session(edge, request.body)
        except StoreError as error:
            telemetry.log.error("an edge node was not answered", edge=edge.name, error=str(error))
            return _refused(503, unavailable(error).message)
        except ValueError as error:
            return _refused(400, str(error))
        return _refused(404, "no such endpoint")

    def _edge(self, request: HttpRequest) -> Edge | None:
        scheme, _, token = (request.header(b"authorization") or "").partition(" ")
        return self._edges.of(token) if scheme.lower() == "bearer" and token else None

    async def _state(self, request: HttpRequest, edge: Edge, asked: dict[str, str]) -> Answer:
        """Wait until there is something behind the mark, for a while, and say what."""
        told = [int(asked[name]) for name in ("position", "writer", "time") if name in asked]
        if len(told) not in (0, 3):
            raise ValueError("a mark is a position with its writer and its time")
        mark = Mark(*told) if told else None
        known_key, began = int(asked.get("key", 0)), monotonic()
        scope = asked.get(
            "scope", edge.scope
        )  # edge nodes of former versions say none, and need not be told anew each time
        while True:
            looked = monotonic()
            heard = await self._store.heard(mark)
            anew = mark is None or heard.lost or scope != edge.scope
            if anew or heard.mark != mark or heard.newest_key != known_key or monotonic() > began + WAIT:
                break
            await asyncio.sleep(LOOKS_EVERY)
            found = self._edge(request)
            if found is None:
                return _refused(401, "this edge node may not follow any more")
            edge = found  # it may have got or lost accounts
        await self._store.refresh()
        revisions = dict.fromkeys(self._accounts_of(edge), 0) if anew else {}
        for each in heard.changed:
            if self._kinds(edge, each.account_id):
                revisions[each.account_id] = max(each.last, revisions.get(each.account_id, 0))
        keyring = self._store.keyring
        keys = None if known_key == keyring.newest and not anew else self._token_keys(edge)
        return _told(State(heard.mark, anew, revisions, keyring.newest, keys, looked - began, edge.scope))

    async def _account(self, edge: Edge, account_id: str, asked: dict[str, str]) -> Answer:
        kinds = self._kinds(edge, account_id)
        if not kinds:
            return _refused(403, f"the account {account_id} is not this edge node's")
        sealer = self._store.sealer
        delta: Delta | None = None
        if "behind" in asked:
            news = await self._store.news(account_id, int(asked["behind"]))
            delta = None if news is None else await asyncio.to_thread(changed, account_id, news, kinds, sealer)
        if delta is None:
            delta = await asyncio.to_thread(whole, await self._store.committed(account_id), kinds, sealer)
        return _told(delta)

    async def _take_over(self, edge: Edge, body: bytes) -> Answer:
        recorded = await asyncio.to_thread(_records, body)
        others = {each for each in accounts_of(recorded) if self._kinds(edge, each) is not NEEDED}
        if others:
            return _refused(403, f"records of {', '.join(sorted(others))}, which are not this edge node's")
        await self._store.take_over(recorded)
        return Answer(204, [], b"")

    async def _session(self, edge: Edge, token: bytes) -> Answer:
        """Whose session it is whose token an edge node was shown that has no keys: one of its own accounts', or nobody's."""
        await self._store.refresh()  # another server may have sealed it under a key that it has just made
        try:
            session = self._realm.tokens.open(token.decode("latin-1"))
        except InvalidClientTokenId:
            session = None
        if session is None or self._kinds(edge, session.account_id) is not NEEDED:
            return _refused(403, "this is no session of an account of this edge node's")
        return _told(session)

    def _token_keys(self, edge: Edge) -> dict[int, bytes]:
        """With them sessions of every account could be made: none for who has some accounts."""
        return dict(self._store.keyring.token_keys) if edge.accounts is None else {}

    def _accounts_of(self, edge: Edge) -> list[str]:
        """The accounts that an edge node is told of."""
        return [account_id for account_id in self._store.account_ids() if self._kinds(edge, account_id)]

    def _kinds(self, edge: Edge, account_id: str) -> Collection[str]:
        """Which kinds of an account's records an edge node is told, also when it has none any more: of the management
        account of another one's organization no more than what binds that."""
        if edge.accounts is None or account_id in edge.accounts:
            return NEEDED
        manages = any(self._store.organization_of(own) == account_id for own in edge.accounts)
        return STANDING if manages else ()


def _records(body: bytes) -> Group:
    """What an edge node has recorded; raises ValueError for what nobody could read out of the record any more."""
    recorded = group_of(body)
    try:
        for run in recorded.runs:
            for sample in run.samples():
                record_of(sample)
    except (msgspec.MsgspecError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"these are no audit records: {error}") from error
    return recorded


def _told(told: State | Delta | Session) -> Answer:
    packed = _pack(told)
    headers = [
        (b"content-type", b"application/vnd.msgpack"),
        (b"cache-control", b"no-store"),
        (b"x-iamd-digest", sha256(packed).hexdigest().encode()),
    ]
    return Answer(200, headers, zlib.compress(packed, level=3))


def _refused(status: int, reason: str) -> Answer:
    return Answer(status, [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")], reason.encode())
