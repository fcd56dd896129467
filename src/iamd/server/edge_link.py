"""An edge node's link to its control plane: follows what is committed there, and hands over what is recorded here."""

from __future__ import annotations

import asyncio
import hmac
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

import msgspec
from prometheus_client import Gauge

from iamd.caller.session import Session
from iamd.server import telemetry
from iamd.store.edge.database import EdgeDatabase
from iamd.store.edge.messages import Delta, State
from iamd.store.errors import StoreError
from iamd.store.spool import by_account, halves
from iamd.wire.errors import InvalidClientTokenId, ServiceUnavailable

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

TIMEOUT = 15.0  # seconds for an answer; the control plane keeps us waiting for two
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0
_MOST = 1 << 30  # bytes of an account

UNWANTED = (400, 403, 413)
RETRIED_EVERY = 3600.0  # seconds

SET_APART = Gauge("iamd_edge_set_apart", "Batches of records that the control plane does not take from this edge node")
LINKED = Gauge("iamd_edge_linked", "Whether this edge node hears its control plane")

_state = msgspec.msgpack.Decoder(State).decode
_session = msgspec.msgpack.Decoder(Session).decode
_delta = msgspec.msgpack.Decoder(Delta).decode


class Broken(Exception):
    """The control plane cannot be heard; the message says why."""


class Dismissed(Broken):
    """The control plane does not take this edge node for one of its own."""


class Unwanted(Broken):
    """The control plane does not take what it was sent, and never will as it is: for its `status`."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class EdgeLink:
    """`run` goes on for ever. `token` is what the control plane knows this edge node by."""

    def __init__(self, database: EdgeDatabase, token: str) -> None:
        self.database = database
        self._headers = {"authorization": f"Bearer {token}"}
        self._base = f"{database.source.rstrip('/')}/_iamd/edge/"
        self._told = ""
        self._client: aiohttp.ClientSession | None = None  # while it runs
        self.set_apart = 0
        """Batches of records that the control plane does not take, since they were last tried."""

    async def begin(self) -> None:
        """Return when there is a replica; raises Dismissed when there never will be, and closes the database then."""
        try:
            await self._fill()
        except BaseException:
            await self.database.close()
            raise

    async def _fill(self) -> None:
        async with self._session() as session:
            while not self.database.is_filled:
                try:
                    await self._look(session)
                except Dismissed:
                    raise
                except Broken as error:
                    self._note(str(error))
                    await asyncio.sleep(LONGEST_PAUSE)

    async def run(self) -> None:
        """Follow, and hand over."""
        async with self._session() as session, asyncio.TaskGroup() as tasks:
            self._client = session
            tasks.create_task(self._follow(session))
            tasks.create_task(self._hand_over(session))

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        pause = FIRST_PAUSE
        while not _is_over():
            try:
                await self._look(session)
                pause = FIRST_PAUSE
                self._note("")
                continue
            except Dismissed as error:
                self.database.dismiss(
                    f"The control plane {self.database.source} does not know this edge node any more: {error}."
                )
                self._note(str(error))
            except (Broken, StoreError, ValueError) as error:
                self._note(str(error))
            except Exception as error:  # whatever it is, it must not end the link for good
                telemetry.log.error("the control plane is not understood", exc_info=True)
                self._note(repr(error))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _look(self, session: aiohttp.ClientSession) -> None:
        """Wait for what is new, and take it in."""
        database, asked_at = self.database, datetime.now(UTC)
        query = {"key": str(database.newest_key), "scope": database.scope}
        if database.mark is not None:
            query |= dict(zip(("position", "writer", "time"), map(str, database.mark), strict=True))
        state = _decoded(_state, await self._get(session, "state", query))
        held, deltas = database.revisions, []
        for account_id, reached in state.revisions.items():
            known = None if state.whole else held.get(account_id)
            if known is None or known < reached:
                behind = {} if known is None else {"behind": str(known)}
                deltas.append(_decoded(_delta, await self._get(session, f"accounts/{account_id}", behind)))
        await database.take(state, deltas, asked_at + timedelta(seconds=min(max(state.waited, 0.0), TIMEOUT)))

    async def _hand_over(self, session: aiohttp.ClientSession) -> None:
        """Give what is in the spool to the control plane, in order; it drops what it has already. What it does not take is
        tried again when other accounts are this edge node's, and after a while."""
        problem, scope, retried_at = "", None, 0.0
        spool = self.database.spool
        while not _is_over():
            try:
                if self.database.scope != scope or monotonic() > retried_at + RETRIED_EVERY:
                    scope, retried_at = self.database.scope, monotonic()
                    await spool.take_back()
                    self._note_apart(0)
                found = await spool.first()
                if found is not None:
                    number, packed = found
                    try:
                        await self._ask(session, "POST", "events", {}, packed)
                        await spool.drop(number)
                    except Unwanted as refusal:
                        await self._sort_out(number, packed, refusal)
                    problem = ""
                    continue
            except (Broken, StoreError, ValueError) as error:
                if str(error) != problem:
                    telemetry.log.error("what was recorded waits to be handed over", error=str(error))
                problem = str(error)
            await asyncio.sleep(1.0)

    async def _sort_out(self, number: int, packed: bytes, refusal: Unwanted) -> None:
        """Divide a batch that is too long, or of several accounts; set apart what is not to be divided."""
        parts = halves(packed) if refusal.status == 413 else by_account(packed) if refusal.status == 403 else []
        if len(parts) > 1:
            await self.database.spool.replace(number, parts)
            return
        await self.database.spool.set_apart(number)
        telemetry.log.error("what was recorded is not taken, and set apart", error=str(refusal))
        self._note_apart(self.set_apart + 1)

    def _note_apart(self, number: int) -> None:
        self.set_apart = number
        SET_APART.set(number)

    async def _get(self, session: aiohttp.ClientSession, path: str, query: dict[str, str]) -> bytes:
        """What is told, inflated and held against its digest."""
        return _inflated(*await self._ask(session, "GET", path, query))

    async def introduced(self, token: str) -> Session:
        """Whose session it is whose token somebody shows here, where its keys are not. Raises InvalidClientTokenId, and
        ServiceUnavailable when the control plane does not answer."""
        if self._client is None:
            raise ServiceUnavailable
        try:
            told = await self._ask(self._client, "POST", "session", {}, token.encode("latin-1", "replace"))
            return _decoded(_session, _inflated(*told))
        except Unwanted:
            raise InvalidClientTokenId from None
        except Broken as error:
            raise ServiceUnavailable(
                f"This session is not known here yet, and the control plane {self.database.source} does not tell: {error}"
            ) from error

    async def _ask(
        self, session: aiohttp.ClientSession, method: str, path: str, query: dict[str, str], body: bytes | None = None
    ) -> tuple[bytes, str]:
        import aiohttp

        try:
            async with session.request(
                method, self._base + path, params=query, data=body, allow_redirects=False
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Broken(str(error) or type(error).__name__) from error
        if answer.status in (200, 204):
            return content, answer.headers.get("x-iamd-digest", "")
        reason = content[:300].decode(errors="replace").strip()
        told = f"it answered {answer.status}: {reason}"
        if method == "POST" and answer.status in UNWANTED:
            raise Unwanted(answer.status, told)
        raise (Dismissed if answer.status == 401 else Broken)(told)

    def _session(self) -> aiohttp.ClientSession:
        import aiohttp  # takes a tenth of a second, which few servers need

        return aiohttp.ClientSession(headers=self._headers, timeout=aiohttp.ClientTimeout(total=TIMEOUT, connect=5))

    def _note(self, problem: str) -> None:
        """Log when the link breaks, for each reason once, and when it is back."""
        LINKED.set(not problem)
        if problem and problem != self._told:
            telemetry.log.error("the control plane is not heard", url=self.database.source, error=problem)
        elif not problem and self._told:
            telemetry.log.info("the control plane is heard again", url=self.database.source)
        self._told = problem


def _is_over() -> bool:
    """Whether this task was told to end, even where a library took that for something else."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _inflated(body: bytes, digest: str) -> bytes:
    """What was told, held against its digest. Raises Broken."""
    inflating = zlib.decompressobj()
    try:
        told = inflating.decompress(body, _MOST)
    except zlib.error as error:
        raise Broken(f"the control plane's answer makes no sense: {error}") from error
    if not inflating.eof or not hmac.compare_digest(sha256(told).hexdigest(), digest):
        raise Broken("the control plane's answer has not arrived as it was sent")
    return told


def _decoded(decode: Callable[[bytes], T], told: bytes) -> T:
    try:
        return decode(told)
    except msgspec.MsgspecError as error:
        raise Broken(f"the control plane's answer makes no sense: {error}") from error
