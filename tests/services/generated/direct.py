"""iamd without sockets: signed requests go straight into the chain of an application, records are there to be compared."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec

from iamd.app import Application
from iamd.server.bootstrap import ensure_account, new_root
from iamd.server.clock import now
from iamd.server.exchange import Exchange
from iamd.services.catalogue import APIS
from iamd.serving import running
from iamd.settings import load
from iamd.store.image import KINDS
from iamd.wire.http import HttpRequest
from tests.hostile.door import FORM, ROOT
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET
from tests.services.generated.values import form

OTHER, ALONE = "444455556666", "777788889999"

Key = Mapping[str, str]
Contents = dict[str, dict[str, dict[str, Any]]]
"""Every record by account, kind and key."""


def request_of(action: str, params: Mapping[str, Any], service: str, key: Key) -> HttpRequest:
    """A call in the service's protocol, signed."""
    model = APIS[service].model
    if model.protocol == "query":
        body = form(action, model.api_version, params)
        return HttpRequest("POST", b"/", b"", signed(body, service, key, {"content-type": FORM}), body)
    body = msgspec.json.encode(params, enc_hook=str)
    if model.protocol == "json":
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{model.target_prefix}.{action}"}
        return HttpRequest("POST", b"/", b"", signed(body, service, key, headers), body)
    path = model.operations[action].uri
    headers = {"content-type": "application/json"}
    return HttpRequest("POST", path.encode(), b"", signed(body, service, key, headers, path), body)


def signed(body: bytes, service: str, key: Key, given: Mapping[str, str], path: str = "/") -> list[tuple[bytes, bytes]]:
    """The headers of a signed request: what botocore would send, in a tenth of its time."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/us-east-1/{service}/aws4_request"
    headers = dict(sorted({**given, "host": "iamd.example", "x-amz-date": moment}.items()))
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"POST\n{path}\n\n{lines}\n{';'.join(headers)}\n{sha256(body).hexdigest()}"
    told = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    secret = f"AWS4{key['SecretAccessKey']}".encode()
    for part in (*scope.split("/"), told):
        secret = hmac.digest(secret, part.encode(), "sha256")
    credential = f"Credential={key['AccessKeyId']}/{scope}"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={';'.join(headers)}, Signature={secret.hex()}"
    )
    return [(name.encode(), value.encode()) for name, value in headers.items()]


DETAILS = ". For complete details, call"  # what follows in a denial is an id of its own


class Answer(msgspec.Struct):
    """One answer; `code` is empty when the call succeeded."""

    status: int
    body: str
    code: str = ""
    message: str = ""

    @property
    def told(self) -> tuple[int, str, str]:
        """What does not differ from call to call."""
        return self.status, self.code, self.message.partition(DETAILS)[0]

    def text(self, tag: str) -> str:
        """What the first element or member of that name holds."""
        if self.body.startswith("{"):
            return self.body.split(f'"{tag}":"')[1].split('"')[0]
        return self.body.split(f"<{tag}>")[1].split("<")[0]


def _failure(status: int, text: str, headers: Mapping[bytes, bytes]) -> Answer:
    """An error of a JSON protocol."""
    told = msgspec.json.decode(text)
    code = told.get("__type") or headers[b"x-amzn-errortype"].decode()
    return Answer(status, text, code, told.get("Message") or told.get("message") or "")


class Direct:
    """Servers with the same two accounts, on a loop that runs only while one is asked something.

    One in memory, or with `data_dir` two that share its database, as processes do.
    """

    def __init__(self, data_dir: Path | None = None) -> None:
        self.accounts: tuple[str, ...] = (ACCOUNT, OTHER, ALONE)  # that are looked at
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.servers: list[Application] = self._loop.run_until_complete(self._start(data_dir))

    async def _start(self, data_dir: Path | None) -> list[Application]:
        given = {"account_id": ACCOUNT, "root_access_key_id": ROOT_KEY, "root_secret_access_key": ROOT_SECRET}
        place = {"in_memory": True} if data_dir is None else {"data_dir": data_dir}
        settings = load({**given, **place}, {})
        servers = [await self._stack.enter_async_context(running(settings))]
        realm = servers[0].application.realm
        alone, other = (
            new_root(load({"in_memory": True, "account_id": account}, {}), realm.sealer, now())
            for account in (ALONE, OTHER)
        )
        for root in (alone, other):
            await ensure_account(realm.store, root)
        self.other: Key = {"AccessKeyId": other.key.id, "SecretAccessKey": other.secret or ""}
        if data_dir is not None:
            servers.append(await self._stack.enter_async_context(running(settings)))
        return [server.application for server in servers]

    def close(self) -> None:
        self._loop.run_until_complete(self._stack.aclose())
        self._loop.close()

    def call(self, action: str, params: Mapping[str, Any], *, service: str = "iam", key: Key = ROOT) -> Answer:
        """A call with parameters as the model types them."""
        return self._loop.run_until_complete(self._call(self.servers[0], action, params, service, key))

    def race(self, *calls: tuple[str, Mapping[str, Any]], key: Key) -> list[Answer]:
        """Calls of IAM made at once, in turn of each server: what came of each."""

        async def together() -> list[Answer]:
            turns = zip(cycle(self.servers), calls, strict=False)
            return await asyncio.gather(*(self._call(server, *call, "iam", key) for server, call in turns))

        return self._loop.run_until_complete(together())

    @staticmethod
    async def _call(server: Application, action: str, params: Mapping[str, Any], service: str, key: Key) -> Answer:
        answered = await server.handle(Exchange(request_of(action, params, service, key)))
        text = answered.body.decode()
        if answered.status == 200:
            return Answer(200, text)
        if APIS[service].model.protocol != "query":
            return _failure(answered.status, text, dict(answered.headers))
        error = ElementTree.fromstring(text).find("{*}Error")
        assert error is not None
        return Answer(answered.status, text, error.findtext("{*}Code") or "", error.findtext("{*}Message") or "")

    def contents(self, number: int = 0) -> Contents:
        """Every record that a server knows; records are frozen, so that what is the same object has not changed."""
        self._loop.run_until_complete(self.servers[number].realm.store.refresh())
        return {
            account: {
                kind.name: {kind.key(record): record for record in self._records(account, number).collection(kind.name)}
                for kind in KINDS
            }
            for account in self.accounts
        }

    def revisions(self) -> list[int]:
        """How often each account was changed."""
        return [self._records(account).revision for account in self.accounts]

    def restore(self, wanted: Contents) -> None:
        """Make the records what they were."""

        def work(change: Any) -> None:
            for account, kinds in wanted.items():
                for name, records in kinds.items():
                    collection = change.records(account).collection(name)
                    for record in list(collection):
                        if records.get(collection.kind.key(record)) is not record:
                            collection.remove(record)
                    for key, record in records.items():
                        if collection.get(key) is None:
                            collection.add(record)

        self._loop.run_until_complete(self.servers[0].realm.store.write(work))

    def _records(self, account: str, number: int = 0) -> Any:
        return self._loop.run_until_complete(self.servers[number].realm.store.load(account))
