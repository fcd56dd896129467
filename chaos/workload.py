"""Clients at work on policies of users: some put them, others ask for them and for what they allow."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import unquote

from botocore.credentials import Credentials

from chaos.checker import mistimed
from chaos.client import Answer, Carried, Client
from chaos.history import History, Outcome, Read, Register, Write
from chaos.node import Node

_POLICY = "register"
_SID = re.compile(r"w(\d+)x")
_AGAIN = 0.02  # seconds between tries while a node is away


@dataclass(slots=True)
class Person:
    """A user whose one policy is a register."""

    name: str
    key: Credentials
    register: Register


@dataclass(slots=True)
class Workload:
    """Threads that work until `stop`; what they saw is in the history. Where nodes hear of each other a moment later,
    clients `carry` the last revision that any of them was told. A call that was not answered may still take effect for
    `aftermath` seconds: a database goes on when its client is gone."""

    nodes: Sequence[Node]
    root: Credentials
    carry: bool = False
    aftermath: float = 1.0
    history: History = field(default_factory=History)
    role: str = ""  # that the user of `key` may assume
    acknowledged: int = 0
    _people: list[Person] = field(default_factory=list)
    _values: count[int] = field(default_factory=count)
    _carried: Carried = field(default_factory=Carried)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def prepare(self, writers: int, each: int) -> None:
        """Make the users, with a first policy. Every node must run."""
        client = Client(self.nodes[0].port, space=self.nodes[0].space)
        for number in range(writers * each):
            name = f"u{number:03}"
            _must(client.call(self.root, "CreateUser", {"UserName": name}))
            made = json.loads(_must(client.call(self.root, "CreateAccessKey", {"UserName": name})).body)
            key = made["CreateAccessKeyResponse"]["CreateAccessKeyResult"]["AccessKey"]
            person = Person(name, Credentials(key["AccessKeyId"], key["SecretAccessKey"]), self.history.register(name))
            self._people.append(person)
            self._put(client, person)
        self._make_role(client)
        client.close()

    def _make_role(self, client: Client) -> None:
        found = json.loads(_must(client.call(self.root, "GetUser", {"UserName": self._people[0].name})).body)
        trusted = {"AWS": found["GetUserResponse"]["GetUserResult"]["User"]["Arn"]}
        statement = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = _must(
            client.call(self.root, "CreateRole", {"RoleName": "visited", "AssumeRolePolicyDocument": document})
        )
        self.role = json.loads(made.body)["CreateRoleResponse"]["CreateRoleResult"]["Role"]["Arn"]

    def start(self, writers: int, readers: int, seed: int) -> None:
        """Set them to work: each writer has users of its own, readers ask about all."""
        for number in range(writers):
            own = self._people[number::writers]
            self._begin(self._write, own, f"writer-{number}", seed + number)
        for number in range(readers):
            self._begin(self._read, self._people, f"reader-{number}", seed - 1 - number)

    def stop(self) -> None:
        """Let them finish."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def key(self) -> Credentials:
        """The key of one of the users."""
        return self._people[0].key

    def last(self, node: Node) -> dict[str, int]:
        """The policy that each user has now."""
        client = Client(node.port, space=node.space)
        found = {person.name: _value(_must(self._get(client, person))) for person in self._people}
        client.close()
        return found

    def _begin(self, work: object, people: Sequence[Person], name: str, seed: int) -> None:
        thread = threading.Thread(target=self._work, args=(work, people, name, random.Random(seed)), name=name)
        thread.start()
        self._threads.append(thread)

    def _work(self, work: object, people: Sequence[Person], name: str, choice: random.Random) -> None:
        carried = self._carried if self.carry else None
        clients = {node.name: Client(node.port, space=node.space, carried=carried) for node in self.nodes}
        while not self._over.is_set():
            node = choice.choice(self.nodes)
            answer = work(clients[node.name], choice.choice(people), choice)  # type: ignore[operator]
            if node.clock is not None:
                self.history.skewed += answer.is_skewed
                offsets = node.clock.offsets(answer.started, answer.ended)
                self.history.wrong += [f"{node.name}, {name}: {told}" for told in mistimed(answer, offsets)]
            if answer.revision is not None:
                self.history.node(f"{node.name} as {name} saw it").told.append(answer.revision)
            if answer.status == 0:
                self._over.wait(_AGAIN)
        for client in clients.values():
            client.close()

    def _write(self, client: Client, person: Person, choice: random.Random) -> Answer:
        return self._put(client, person)

    def _put(self, client: Client, person: Person) -> Answer:
        value = next(self._values)
        allows = value % 2 == 0
        effect = "Allow" if allows else "Deny"
        statement = {"Sid": f"w{value}x", "Effect": effect, "Action": "iam:GetUser", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        parameters = {"UserName": person.name, "PolicyName": _POLICY, "PolicyDocument": document}
        answer = client.call(self.root, "PutUserPolicy", parameters)
        if not answer.sent:
            return answer
        outcome = _outcome(answer)
        ended = answer.ended + (self.aftermath if outcome is Outcome.UNKNOWN else 0.0)
        if outcome is Outcome.UNKNOWN:
            time.sleep(self.aftermath)  # so that writes to one register stay one after the other
        person.register.writes.append(Write(value, allows, answer.started, ended, outcome))
        self.acknowledged += outcome is Outcome.DONE
        return answer

    def _read(self, client: Client, person: Person, choice: random.Random) -> Answer:
        if choice.random() < 0.3:
            answer = self._get(client, person)
            if answer.status == 200:
                person.register.reads.append(Read(answer.started, answer.ended, value=_value(answer)))
            return answer
        answer = client.call(person.key, "GetUser", {}, fresh=True)
        if answer.is_decided:
            person.register.reads.append(Read(answer.started, answer.ended, allows=answer.status == 200))
        return answer

    def _get(self, client: Client, person: Person) -> Answer:
        parameters = {"UserName": person.name, "PolicyName": _POLICY}
        return client.call(self.root, "GetUserPolicy", parameters, fresh=True)


def value_in(document: str) -> int:
    """Which write this policy is of."""
    found = _SID.search(unquote(document))
    if found is None:
        raise ValueError(f"no policy of a workload: {document}")
    return int(found[1])


def _value(answer: Answer) -> int:
    return value_in(answer.body.decode())


def _outcome(answer: Answer) -> Outcome:
    if answer.status == 200:
        return Outcome.DONE
    return Outcome.REFUSED if 400 <= answer.status < 500 else Outcome.UNKNOWN


def _must(answer: Answer) -> Answer:
    if answer.status != 200:
        raise RuntimeError(f"the server answered {answer.status}: {answer.body.decode()[:500]}")
    return answer
