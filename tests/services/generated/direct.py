"""iamd without sockets: signed requests go straight into the chain of one application, records are there to be compared."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree

import msgspec

from iamd.app import Application
from iamd.server.bootstrap import ensure_account, new_root
from iamd.server.exchange import Exchange, now
from iamd.serving import running
from iamd.settings import load
from iamd.store.image import KINDS
from iamd.wire.http import HttpRequest
from tests.hostile.door import FORM, ROOT, VERSIONS
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET
from tests.services.generated.values import form

OTHER = "444455556666"

Key = Mapping[str, str]
Contents = dict[str, dict[str, dict[str, Any]]]
"""Every record by account, kind and key."""


def signed(body: bytes, service: str, key: Key) -> list[tuple[bytes, bytes]]:
    """The headers of a signed form: what botocore would send, in a tenth of its time."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/us-east-1/{service}/aws4_request"
    headers = {"content-type": FORM, "host": "iamd.example", "x-amz-date": moment}
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"POST\n/\n\n{lines}\n{';'.join(headers)}\n{sha256(body).hexdigest()}"
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
    """One answer; `code` is empty when the call succeeded. `told` is all that does not differ from call to call."""

    status: int
    body: str
    code: str = ""
    message: str = ""

    @property
    def told(self) -> tuple[int, str, str]:
        return self.status, self.code, self.message.partition(DETAILS)[0]

    def text(self, tag: str) -> str:
        """What the first element of that name holds."""
        return self.body.split(f"<{tag}>")[1].split("<")[0]


class Direct:
    """One application in memory with two accounts, on a loop of its own that runs only while it is asked something."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.application: Application = self._loop.run_until_complete(self._start())

    async def _start(self) -> Application:
        given = {"in_memory": True, "root_access_key_id": ROOT_KEY, "root_secret_access_key": ROOT_SECRET}
        server = await self._stack.enter_async_context(running(load({**given, "account_id": ACCOUNT}, {})))
        realm = server.application.realm
        other = new_root(load({"in_memory": True, "account_id": OTHER}, {}), realm.sealer, now())
        await ensure_account(realm.store, other)
        self.other: Key = {"AccessKeyId": other.key.id, "SecretAccessKey": other.secret or ""}
        return server.application

    def close(self) -> None:
        self._loop.run_until_complete(self._stack.aclose())
        self._loop.close()

    def call(self, action: str, params: Mapping[str, Any], *, service: str = "iam", key: Key = ROOT) -> Answer:
        """A call with parameters as the model types them."""
        return self.post(service, form(action, VERSIONS[service], params), key)

    def post(self, service: str, body: bytes, key: Key = ROOT) -> Answer:
        """A call with that body."""
        exchange = Exchange(HttpRequest("POST", b"/", b"", signed(body, service, key), body))
        answered = self._loop.run_until_complete(self.application.handle(exchange))
        text = answered.body.decode()
        if answered.status == 200:
            return Answer(200, text)
        error = ElementTree.fromstring(text).find("{*}Error")
        assert error is not None
        return Answer(answered.status, text, error.findtext("{*}Code") or "", error.findtext("{*}Message") or "")

    def contents(self) -> Contents:
        """Every record there is; records are frozen, so that what is the same object has not changed."""
        return {
            account: {
                kind.name: {kind.key(record): record for record in self._records(account).collection(kind.name)}
                for kind in KINDS
            }
            for account in (ACCOUNT, OTHER)
        }

    def revisions(self) -> list[int]:
        """How often each account was changed."""
        return [self._records(account).revision for account in (ACCOUNT, OTHER)]

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

        self._loop.run_until_complete(self.application.realm.store.write(work))

    def _records(self, account: str) -> Any:
        return self.application.realm.records(account)
