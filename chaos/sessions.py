"""Sessions under clocks that are set: each counts until its end by the clock of the server that is asked, and no longer."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Sequence

from botocore.credentials import Credentials

from chaos.client import Answer, Client
from chaos.history import History
from chaos.node import Node

_DURATION = 900.0  # seconds: AWS gives none for less
_FRACTION = 2.0  # seconds: the times of servers, and the ends of sessions, have no fractions
_PAUSE = 0.05  # seconds between calls
_ANEW = 0.02  # of the sessions that count are left for a new one


class Sessions:
    """Uses sessions of a role on all servers, within a block; what goes wrong with their ends is in the history."""

    def __init__(self, nodes: Sequence[Node], key: Credentials, role: str, history: History, seed: int) -> None:
        """`key` is of a user that may assume the role of that ARN."""
        self._nodes, self._key, self._role, self._history = nodes, key, role, history
        self._choice = random.Random(seed)
        self._clients = {node.name: Client(node.port, "sts", "2011-06-15", node.space) for node in nodes}
        self._session: Credentials | None = None
        self._ends = 0.0  # of the session, in seconds of the epoch
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sessions")

    def __enter__(self) -> Sessions:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for client in self._clients.values():
            client.close()

    def _work(self) -> None:
        while not self._over.wait(_PAUSE):
            node = self._choice.choice(self._nodes)
            if self._session is None or self._choice.random() < _ANEW:
                self._begin(node)
            else:
                self._use(node, self._session)

    def _begin(self, node: Node) -> None:
        parameters = {"RoleArn": self._role, "RoleSessionName": "chaos", "DurationSeconds": f"{_DURATION:.0f}"}
        answer = self._clients[node.name].call(self._key, "AssumeRole", parameters)
        if answer.status != 200:
            return
        given = json.loads(answer.body)["AssumeRoleResponse"]["AssumeRoleResult"]["Credentials"]
        self._session = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self._ends = float(given["Expiration"])
        earliest, latest = _times(node, answer)
        if not earliest - _FRACTION < self._ends - _DURATION < latest + _FRACTION:
            self._history.wrong.append(f"{node.name}: a session of {_DURATION:.0f} s ends at {self._ends:.0f}")

    def _use(self, node: Node, session: Credentials) -> None:
        answer = self._clients[node.name].call(session, "GetCallerIdentity", {})
        earliest, latest = _times(node, answer)
        if answer.status == 200 and earliest > self._ends + _FRACTION:
            self._history.wrong.append(f"{node.name}: took a session {earliest - self._ends:.0f} s after its end")
        if answer.code == "ExpiredToken":
            if latest < self._ends - _FRACTION:
                self._history.wrong.append(f"{node.name}: refused a session {self._ends - latest:.0f} s before its end")
            self._session = None


def _times(node: Node, answer: Answer) -> tuple[float, float]:
    """The earliest and the latest time that the server's clock may have shown meanwhile."""
    offsets = [0.0] if node.clock is None else node.clock.offsets(answer.started, answer.ended)
    ahead = time.time() - time.monotonic()
    return answer.started + ahead + min(offsets), answer.ended + ahead + max(offsets)
