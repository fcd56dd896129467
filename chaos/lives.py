"""Users and roles that are deleted and made anew by the same name: keys and sessions of those before never count again."""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Generator
from functools import partial
from typing import Any

from botocore.credentials import Credentials

from chaos.client import Answer, Client
from chaos.history import Read, Register
from chaos.noting import Asked, Scribe, known
from chaos.people import trust
from chaos.requests import Request, iam, sts

_KEPT = 4  # credentials of the last lives
_NEWEST = 0.5  # of the questions are about the newest ones

Step = partial[Answer]
Steps = Generator[Step, Answer, None]


class Lives:
    """One name after the other life: `write` takes the next step of it, `read` uses what came of one."""

    kind = ""

    def __init__(self, scribe: Scribe, name: str) -> None:
        self._scribe, self.name = scribe, name
        self._held: deque[tuple[Register, Credentials]] = deque(maxlen=_KEPT)
        self._steps = self._live()
        self._next = next(self._steps)

    def write(self, client: Client) -> Answer:
        """Take the next step. One of which no answer came is for the life to see to."""
        answer = self._next(client)
        if answer.sent:
            self._next = self._steps.send(answer)
        return answer

    def read(self, client: Client, choice: random.Random) -> Answer | None:
        """Use one of the last credentials."""
        held = list(self._held)
        if not held:
            return None
        register, credentials = held[-1] if choice.random() < _NEWEST else choice.choice(held)
        return self._use(client, register, credentials)

    def read_all(self, client: Client) -> None:
        """Use each of them."""
        for register, credentials in list(self._held):
            self._use(client, register, credentials)

    def _use(self, client: Client, register: Register, credentials: Credentials) -> Answer:
        return self._scribe.ask(client, register, Asked(sts("GetCallerIdentity"), credentials, fresh=True), self.kind)

    def _live(self) -> Steps:
        raise NotImplementedError

    def _hold(self, given: dict[str, Any], answer: Answer) -> Register:
        """Keep credentials that an answer gave, which count from now on."""
        secret, token = given["SecretAccessKey"], given.get("SessionToken")
        credentials = Credentials(given["AccessKeyId"], secret, token)
        register = self._scribe.history.register(f"{self.name}, {credentials.access_key}", numbered=False)
        known(register, answer.started, answer.ended)
        self._held.append((register, credentials))
        return register

    def _send(self, request: Request, key: Credentials | None = None) -> Step:
        return partial(_sent, request, key or self._scribe.root)

    def _end(self, register: Register | None, request: Request) -> Step:
        """A change behind which nothing of the register counts."""
        if register is None:
            return self._send(request)
        return partial(self._ended, register, request)

    def _ended(self, register: Register, request: Request, client: Client) -> Answer:
        return self._scribe.change(client, register, lambda number, allows: request, allows=False)


def _sent(request: Request, key: Credentials, client: Client) -> Answer:
    return client.send(key, request, fresh=True)


class UserLives(Lives):
    """A user with a key and a session, who is deleted."""

    kind = "user anew"

    def _live(self) -> Steps:
        while True:
            while not _is_there((yield self._send(iam("CreateUser", UserName=self.name)))):
                pass
            answer = yield self._send(iam("CreateAccessKey", UserName=self.name))
            keys, session = dict[str, Register](), None
            if answer.status == 200:
                key = _told(answer, "CreateAccessKey")["AccessKey"]
                keys[key["AccessKeyId"]] = self._hold(key, answer)
                own = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
                answer = yield self._send(sts("GetSessionToken"), own)
                if answer.status == 200:
                    session = self._hold(_told(answer, "GetSessionToken")["Credentials"], answer)
            yield from self._die(keys, session)

    def _die(self, keys: dict[str, Register], session: Register | None) -> Steps:
        """Delete the keys, also those whose making had no answer, and the user."""
        gone = False
        while not gone:
            answer = yield self._send(iam("ListAccessKeys", UserName=self.name))
            found = _told(answer, "ListAccessKeys")["AccessKeyMetadata"] if answer.status == 200 else []
            for key_id in [each["AccessKeyId"] for each in found]:
                yield self._end(keys.get(key_id), iam("DeleteAccessKey", UserName=self.name, AccessKeyId=key_id))
            answer = yield self._end(session, iam("DeleteUser", UserName=self.name))
            gone = answer.status == 200 or answer.code == "NoSuchEntity"
        for register in keys.values():  # only a user without keys can be deleted
            register.reads.append(Read(answer.started, answer.ended, allows=False))


class RoleLives(Lives):
    """A role that a visitor assumes, and that is deleted."""

    kind = "role anew"

    def __init__(self, scribe: Scribe, name: str, visitor: Credentials, visitor_arn: str) -> None:
        self._visitor, self._trust = visitor, trust(visitor_arn, allows=True)
        self._arn = f"{visitor_arn.partition(':user/')[0]}:role/{name}"
        super().__init__(scribe, name)

    def _live(self) -> Steps:
        making = iam("CreateRole", RoleName=self.name, AssumeRolePolicyDocument=self._trust)
        assuming = sts("AssumeRole", RoleArn=self._arn, RoleSessionName="chaos")
        while True:
            while not _is_there((yield self._send(making))):
                pass
            answer = yield self._send(assuming, self._visitor)
            session = None
            if answer.status == 200:
                session = self._hold(_told(answer, "AssumeRole")["Credentials"], answer)
            gone = False
            while not gone:
                answer = yield self._end(session, iam("DeleteRole", RoleName=self.name))
                gone = answer.status == 200 or answer.code == "NoSuchEntity"


def _is_there(answer: Answer) -> bool:
    return answer.status == 200 or answer.code == "EntityAlreadyExists"


def _told(answer: Answer, action: str) -> Any:
    return json.loads(answer.body)[f"{action}Response"][f"{action}Result"]
