"""What the record costs a read: CPU of a signed GetUser with everything that is recorded of it, and by a server that was
changed to record nothing of it. What is done afterwards (written, indexed, looked at by detections) counts.

Run: python -m benchmarks audit
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.api import CALLS, ENVIRONMENT, answer, cost, signed
from benchmarks.servers import Process, free_port, iamd, process

ROUNDS, COUNT = 5, 10_000
TARGET = 0.15
# Whether and how a call is recorded is nobody's choice: the server has to be changed to leave it out.
_UNRECORDED = """
import sys
from iamd.app import Application
Application._record = lambda self, exchange: None
from iamd.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@contextmanager
def serving(*command: str) -> Iterator[tuple[Process, bytes]]:
    """A server that has a user who may read, and the bytes of a GetUser of its own."""
    port = int(command[command.index("--port") + 1])
    service, body = CALLS["GetUser"]
    with process(command, port, ENVIRONMENT) as server:
        answer(port, "iam", "Action=CreateUser&UserName=alice&Version=2010-05-08")
        policy = "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FIAMReadOnlyAccess"
        answer(port, "iam", f"Action=AttachUserPolicy&UserName=alice&PolicyArn={policy}&Version=2010-05-08")
        made = answer(port, "iam", "Action=CreateAccessKey&UserName=alice&Version=2010-05-08").decode()
        key, secret = (made.split(f"<{tag}>")[1].split("<")[0] for tag in ("AccessKeyId", "SecretAccessKey"))
        yield server, signed(port, service, body, key, secret)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        homes = [str(Path(folder, name)) for name in ("recorded", "unwatched", "unrecorded")]
        bare = iamd(free_port(), "--data-dir", homes[2])[3:]
        with (
            serving(*iamd(free_port(), "--data-dir", homes[0])) as (ours, request),
            serving(*iamd(free_port(), "--data-dir", homes[1], "--no-detections")) as (plain, asked),
            serving(sys.executable, "-c", _UNRECORDED, *bare) as (without, same),
        ):
            rows = [
                (cost(ours, request, COUNT), cost(plain, asked, COUNT), cost(without, same, COUNT))
                for _ in range(ROUNDS)
            ]
    medians = [statistics.median(row[column] for row in rows) for column in range(3)]
    share, watched = (statistics.median((row[at] - row[2]) / row[at] for row in rows) for at in (1, 0))
    verdict = "met" if share <= TARGET else "MISSED"
    print(
        f"  GetUser {medians[1]:.1f} us recorded, {medians[2]:.1f} us not: the record takes {share:.1%} "
        f"(target {TARGET:.0%}: {verdict}); {medians[0]:.1f} us and {watched:.1%} with detections"
    )


if __name__ == "__main__":
    main()
