"""`python -m fuzz`: requests to every operation, most of them wrong somewhere; the server must refuse them in its own words.

Exit code 0: no answer was a failure of the server (5xx), none was missing, and its memory stopped growing; 1: else.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from fuzz.requests import Request, request_of
from fuzz.server import ROOT, Server
from fuzz.values import Pool, Values
from iamd.services.catalogue import APIS
from iamd.wire.model import OperationModel

_HOSTILITY = (0.0, 0.0, 0.0, 0.02, 0.1, 0.4)
_ANEW = 10_000  # requests, after which the server starts over with an empty account: what was made would slow it down
_GROWTH = 1.1  # of memory of an empty account
_MAKING = ("Create", "Register", "Enable", "Put", "Add", "Attach", "Start")
_UNDOING = ("Delete", "Remove", "Deregister", "Disable", "Detach", "Leave", "Disassociate")
# Ends the calls of this account for good, which would leave nothing to try.
_LEFT_OUT = frozenset({"CloseAccount"})


@dataclass
class Report:
    """What came of a run."""

    seed: int
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)  # operations that succeeded once
    failures: list[dict[str, Any]] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)  # KiB, each time that the account was empty again

    @property
    def grew(self) -> bool:
        """Whether memory went on growing in the second half of the run, when everything had been used and what is kept
        for later was full."""
        return len(self.memory) > 3 and self.memory[-1] > _GROWTH * self.memory[len(self.memory) // 2]


class Caller:
    """Sends requests to a server, one after the other."""

    def __init__(self, server: Server) -> None:
        self._host = server.host
        self._connection = http.client.HTTPConnection(server.host, timeout=60)

    def send(self, request: Request) -> tuple[int, bytes]:
        """Send it, signed; returns the status (0: no answer) and the body."""
        url = f"http://{self._host}{request.target}"
        signed = AWSRequest(request.method, url, data=request.body, headers=request.headers)
        if request.service is not None:
            SigV4Auth(ROOT, request.service, "us-east-1").add_auth(signed)
        for _ in range(2):  # the server may have closed a connection on which nothing was asked for some seconds
            try:
                self._connection.request(request.method, request.target, request.body, dict(signed.headers.items()))
                answer = self._connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
        return 0, b""

    def reset(self) -> None:
        """Back to an account with nothing in it."""
        self._connection.request("POST", "/_iamd/reset")
        self._connection.getresponse().read()

    def close(self) -> None:
        """Send no more."""
        self._connection.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module's text."""
    args = _parser().parse_args(arguments)
    models = _models(args.service)
    with tempfile.TemporaryDirectory(prefix="iamd-fuzz-") as folder:
        server = Server(["--in-memory"], Path(folder, "log"))
        try:
            with closing(Caller(server)) as caller:
                report = run(server, caller, models, args)
        finally:
            server.close()
    if args.json:
        print(json.dumps(_told(report, models)))
    else:
        _print(report, models)
    return 1 if report.failures or report.grew else 0


def run(server: Server, caller: Caller, models: Sequence[OperationModel], args: argparse.Namespace) -> Report:
    """Send so many requests, one after the other."""
    choice = random.Random(args.seed)
    report, pool = Report(args.seed), Pool()
    began = time.monotonic()
    weights = [_weight(model.name) for model in models]
    for number in range(args.number):
        if number % _ANEW == 0 and number:
            caller.reset()
            report.memory.append(server.memory())
            pool = Pool()
        model = choice.choices(models, weights)[0]
        values = Values(choice, pool, choice.choice(_HOSTILITY)).chosen(model.inputs)
        request = request_of(model, values, choice)
        status, body = caller.send(request)
        report.requests += 1
        report.statuses[status] += 1
        if status == 403 and (b"InvalidClientTokenId" in body or b"UnrecognizedClient" in body):
            caller.reset()  # it took away its own key
        if status in (200, 201, 202, 204):
            report.reached.add(f"{model.service.name}:{model.name}")
            with suppress(ValueError):
                pool.learn(json.loads(body) if body else {})
        elif status == 0 or status >= 500:
            report.failures.append(_failure(model, request, status, body, server))
            if server.process.poll() is not None:
                break
        if number % max(1, args.number // 100) == 0:
            _progress(args, report, began)
    return report


def _weight(name: str) -> int:
    """More is made than undone, so that there is something to work on."""
    return 6 if name.startswith(_MAKING) else 1 if name.startswith(_UNDOING) else 3


def _failure(model: OperationModel, request: Request, status: int, body: bytes, server: Server) -> dict[str, Any]:
    return {
        "operation": f"{model.service.name}:{model.name}",
        "status": status,
        "target": request.target[:2_000],
        "request": request.body.decode("utf-8", "backslashreplace")[:4_000],
        "answer": body.decode("utf-8", "replace")[:500],
        "log": server.log()[-4_000:],
    }


def _models(services: Sequence[str]) -> list[OperationModel]:
    unknown = set(services) - set(APIS)
    if unknown:
        raise SystemExit(f"no such service: {', '.join(sorted(unknown))}; there are {', '.join(sorted(APIS))}")
    chosen = [api for name, api in sorted(APIS.items()) if not services or name in services]
    return [api.model.operations[name] for api in chosen for name in sorted(_served(api)) if name not in _LEFT_OUT]


def _served(api: Any) -> set[str]:
    return {*api.operations, *getattr(api, "publics", ())}


def _progress(args: argparse.Namespace, report: Report, began: float) -> None:
    if not args.json and sys.stderr.isatty():
        rate = report.requests / max(0.001, time.monotonic() - began)
        sys.stderr.write(f"\r{report.requests} of {args.number}, {rate:.0f} a second, {len(report.failures)} failures ")


def _told(report: Report, models: Sequence[OperationModel]) -> dict[str, Any]:
    return {
        "seed": report.seed,
        "requests": report.requests,
        "statuses": {str(status): number for status, number in sorted(report.statuses.items())},
        "operations": len(models),
        "succeeded": len(report.reached),
        "memory": report.memory,
        "grew": report.grew,
        "failures": report.failures,
    }


def _print(report: Report, models: Sequence[OperationModel]) -> None:
    print(
        f"\nseed {report.seed}: {report.requests} requests to {len(models)} operations, {len(report.reached)} succeeded once"
    )
    print(", ".join(f"{number} of status {status}" for status, number in sorted(report.statuses.items())))
    if report.memory:
        print(
            f"memory of an empty account: {report.memory[0] >> 10} MiB at first, {report.memory[-1] >> 10} MiB at last"
        )
    for failure in report.failures[:20]:
        print(
            f"\nFAILURE {failure['operation']} {failure['status']} {failure['target']}\n{failure['request']}\n{failure['answer']}"
        )
        print(failure["log"])
    if report.grew:
        print("MEMORY GREW")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description=__doc__, epilog="example: python -m fuzz --number 20000 --service iam"
    )
    parser.add_argument("--number", type=int, default=100_000, help="so many requests (default: 100000)")
    parser.add_argument("--service", action="append", default=[], help="only of this service; may be repeated")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="of what is chosen; default: any")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
