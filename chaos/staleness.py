"""`python -m chaos.staleness`: how long one server decides by what another one has changed already, on PostgreSQL.

A policy of a user is put at one server, an allow and a denial in turn; from the moment at which that was acknowledged,
another server is asked, by clients that carry no revision, until it decides by it. Exit code 1: the 99th percentile of
the time is above 250 ms.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from botocore.credentials import Credentials

from chaos.__main__ import ENVIRONMENT, ROOT
from chaos.client import Answer, Client
from chaos.node import Node
from tests import postgresql

PROMISED = 0.25  # seconds, of the 99th percentile
_USER = "asked"


def main(arguments: Sequence[str] | None = None) -> int:
    """0: what is promised holds; 1: it does not."""
    parser = argparse.ArgumentParser(prog="python -m chaos.staleness", description=__doc__)
    parser.add_argument("--changes", type=int, default=500, help="so many (default: 500)")
    parser.add_argument("--nodes", type=int, default=3, help="servers on one database (default: 3)")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="iamd-stale-") as folder, postgresql.running() as cluster:
        key = Path(folder) / "master.key"
        key.write_bytes(secrets.token_bytes(32))
        flags = ["--data-dir", f"{folder}/data", "--database", cluster.new_database(), "--master-key-file", str(key)]
        nodes = [Node(f"node-{at}", flags, ENVIRONMENT, Path(folder) / f"{at}.log") for at in range(args.nodes)]
        try:
            for node in nodes:
                node.start()
            times = measure(nodes, args.changes)
        finally:
            for node in nodes:
                node.kill()
    found = quantiles(times, n=100)
    print(f"{len(times)} changes, {args.nodes} servers: until another server decides by a change that was acknowledged")
    print(f"median {median(times) * 1e3:.1f} ms, p99 {found[98] * 1e3:.1f} ms, longest {max(times) * 1e3:.1f} ms")
    return 0 if found[98] <= PROMISED else 1


def measure(nodes: Sequence[Node], changes: int) -> list[float]:
    """Seconds for each change, which is put at one server after the other and waited for at the next."""
    clients = [Client(node.port) for node in nodes]
    key = _prepared(clients[0])
    times = []
    for number in range(changes):
        allows, at = number % 2 == 0, number % len(clients)
        acknowledged = _put(clients[at], allows).ended
        asked = clients[(at + 1) % len(clients)]
        while (answer := asked.call(key, "GetUser", {})).status != (200 if allows else 403):
            if answer.ended - acknowledged > 30:
                raise RuntimeError(f"change {number} is not heard of: {answer.status} {answer.body.decode()[:200]}")
        times.append(answer.ended - acknowledged)
    return times


def _prepared(client: Client) -> Credentials:
    """The key of the user who asks."""
    _must(client.call(ROOT, "CreateUser", {"UserName": _USER}))
    made = json.loads(_must(client.call(ROOT, "CreateAccessKey", {"UserName": _USER})).body)
    key = made["CreateAccessKeyResponse"]["CreateAccessKeyResult"]["AccessKey"]
    time.sleep(2)  # so that all servers know it
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def _put(client: Client, allows: bool) -> Answer:
    statement = {"Effect": "Allow" if allows else "Deny", "Action": "iam:GetUser", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    parameters = {"UserName": _USER, "PolicyName": "turning", "PolicyDocument": document}
    return _must(client.call(ROOT, "PutUserPolicy", parameters))


def _must(answer: Answer) -> Answer:
    if answer.status != 200:
        raise RuntimeError(f"the server answered {answer.status}: {answer.body.decode()[:500]}")
    return answer


if __name__ == "__main__":
    sys.exit(main())
