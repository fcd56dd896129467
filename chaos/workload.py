"""Clients at work: some deny people what they use and allow it again, by many means; others ask, in every way there is."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from botocore.credentials import Credentials

from chaos.checker import mistimed
from chaos.client import Answer, Carried, Client
from chaos.history import History, Read
from chaos.lives import Lives, RoleLives, UserLives
from chaos.means import BEHIND_GATEWAY, MEANS, POLICY, made
from chaos.node import Node
from chaos.noting import Scribe
from chaos.people import Person, Setup, Way
from chaos.requests import iam

LIVES = (UserLives.kind, RoleLives.kind)
NAMES = (*MEANS, *LIVES)
"""The means that there are."""

_SID = re.compile(r"w(\d+)x")
_AGAIN = 0.02  # seconds between tries while a node is away
_PATIENCE = 60.0  # seconds until what is asked in the end must be answered


_Work = Callable[[Client, "Person | Lives", random.Random], Answer | None]


@dataclass(slots=True)
class _Subject:
    """What a client works on, at one of the nodes or only at that one."""

    what: Person | Lives
    node: Node | None = None


@dataclass(slots=True)
class Workload:
    """Threads that work until `stop`; what they saw is in the history. Where nodes hear of each other a moment later,
    clients `carry` the last revision that any of them was told. A call that was not answered may still take effect for
    `aftermath` seconds: a database goes on when its client is gone. With `upstream`, the nodes are a gateway, too."""

    nodes: Sequence[Node]
    root: Credentials
    carry: bool = False
    aftermath: float = 1.0
    means: Sequence[str] = ("inline policy",)
    upstream: bool = False
    history: History = field(default_factory=History)
    role: str = ""  # that the user of `key` may assume
    _key: Credentials | None = None
    subjects: list[_Subject] = field(default_factory=list)
    _scribe: Scribe = field(init=False)
    _carried: Carried = field(default_factory=Carried)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._scribe = Scribe(self.root, self.carry, self.aftermath, self.history)

    def prepare(self, writers: int, each: int, seed: int) -> None:
        """Make the people, all allowed; the means come in turns, from one that the seed chooses on. Every node must run."""
        choice = random.Random(seed)
        means = [name for name in NAMES if name in self.means and (name in LIVES or self.ways(name))]
        choice.shuffle(means)
        first = self.nodes[0]
        with first.space:
            setup = Setup(f"http://127.0.0.1:{first.port}", self.root, gateway=self.upstream)
            self._key, self.role = setup.visitor, setup.role("visited", setup.visitor_arn)
            for number in range(writers * each):
                self.subjects.append(self._subject(setup, f"u{number:03}", means[number % len(means)], choice))

    def _subject(self, setup: Setup, name: str, means: str, choice: random.Random) -> _Subject:
        if means in LIVES:
            scribe = self._scribe
            if means == UserLives.kind:
                return _Subject(UserLives(scribe, name))
            return _Subject(RoleLives(scribe, name, setup.visitor, setup.visitor_arn))
        person = made(setup, name, means, self.history)
        if person.register.numbered:
            client = Client(self.nodes[0].port)
            _must(self.write(client, person))
            client.close()
        return _Subject(person, choice.choice(self.nodes) if MEANS[means].upstream else None)

    def start(self, writers: int, readers: int, seed: int) -> None:
        """Set them to work: each writer has people of its own, readers ask about all."""
        for number in range(writers):
            self._begin(self.write, self.subjects[number::writers], f"writer-{number}", seed + number)
        for number in range(readers):
            self._begin(self._read, self.subjects, f"reader-{number}", seed - 1 - number)

    def stop(self) -> None:
        """Let them finish."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def acknowledged(self) -> int:
        """The changes that were answered with success."""
        return self._scribe.acknowledged

    def key(self) -> Credentials:
        """The key of a user of whom nothing changes."""
        if self._key is None:
            raise RuntimeError("nothing is prepared")
        return self._key

    def last(self, node: Node) -> dict[str, int]:
        """The policy that each user has now of whom there is a numbered one. All others are asked about once more."""
        client, found = self._client(node), {}
        for subject in self.subjects:
            what = subject.what
            if isinstance(what, Lives):
                what.read_all(client)
            elif what.register.numbered:
                found[what.register.user] = _value(_must(self._get(client, what)))
            else:
                for way in self.ways(what.means):
                    self._be_told(client, what, way)
        client.close()
        return found

    def _be_told(self, client: Client, person: Person, way: Way) -> None:
        """Ask until it is said: a session may have to begin before."""
        reads, end = person.register.reads, time.monotonic() + _PATIENCE
        told = len(reads)
        while len(reads) == told:
            if time.monotonic() > end:
                raise RuntimeError(f"{person.register.user}: nothing is told in the end, {_named(person.means, way)}")
            if self.ask(client, person, way).status != 200:
                time.sleep(_AGAIN)

    def unseen(self) -> list[str]:
        """What was never seen allowed, or never denied, of all that is asked: of that a run has shown nothing."""
        asked: set[str] = set()
        for what in (subject.what for subject in self.subjects):
            if isinstance(what, Lives):
                asked.add(what.kind)
            else:
                asked |= {_named(what.means, way) for way in self.ways(what.means)}
        return sorted(
            f"{each}, {'allowed' if allows else 'denied'}"
            for each in asked
            for allows in (True, False)
            if (each, allows) not in self._scribe.seen
        )

    def _client(self, node: Node) -> Client:
        return Client(node.port, space=node.space, carried=self._carried if self.carry else None)

    def _begin(self, work: _Work, subjects: Sequence[_Subject], name: str, seed: int) -> None:
        thread = threading.Thread(target=self._work, args=(work, subjects, name, random.Random(seed)), name=name)
        thread.start()
        self._threads.append(thread)

    def _work(self, work: _Work, subjects: Sequence[_Subject], name: str, choice: random.Random) -> None:
        clients = {node.name: self._client(node) for node in self.nodes}
        while not self._over.is_set():
            subject = choice.choice(subjects)
            node = subject.node or choice.choice(self.nodes)
            answer = work(clients[node.name], subject.what, choice)
            if answer is None:
                continue
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

    def write(self, client: Client, what: Person | Lives, choice: random.Random | None = None) -> Answer:
        if isinstance(what, Lives):
            return what.write(client)
        change = MEANS[what.means].change
        return self._scribe.change(client, what.register, lambda number, allows: change(what, number, allows))

    def _read(self, client: Client, what: Person | Lives, choice: random.Random) -> Answer | None:
        if isinstance(what, Lives):
            return what.read(client, choice)
        if what.register.numbered and choice.random() < 0.3:
            answer = self._get(client, what)
            if answer.status == 200:
                read = Read(answer.started, answer.ended, value=_value(answer), how=answer.how)
                what.register.reads.append(read)
            return answer
        return self.ask(client, what, choice.choice(self.ways(what.means)))

    def ways(self, means: str) -> list[Way]:
        return [way for way in MEANS[means].ways if self.upstream or way not in BEHIND_GATEWAY]

    def ask(self, client: Client, person: Person, way: Way) -> Answer:
        asked = way(person)
        if asked is None:
            return person.enter(client)
        answer = self._scribe.ask(client, person.register, asked, _named(person.means, way))
        if answer.code == "ExpiredToken":
            person.session = None
        return answer

    def _get(self, client: Client, person: Person) -> Answer:
        asked = iam("GetUserPolicy", UserName=person.name, PolicyName=POLICY)
        return client.send(self.root, asked, fresh=True)


def _named(means: str, way: Way) -> str:
    return f"{means} {way.__name__.replace('_', ' ')}"


def value_in(document: str) -> int:
    """Which write this policy is of."""
    found = _SID.search(unquote(document))
    if found is None:
        raise ValueError(f"no policy of a workload: {document}")
    return int(found[1])


def _value(answer: Answer) -> int:
    return value_in(answer.body.decode())


def _must(answer: Answer) -> Answer:
    if answer.status != 200:
        raise RuntimeError(f"the server answered {answer.status}: {answer.body.decode()[:500]}")
    return answer
