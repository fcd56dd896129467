"""Questions about the past that take long (`iamd diff`, `iamd replay`), asked of the commands themselves, each in a
process of its own: no request waits for it, and command and API cannot tell different things."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

SECONDS = 600  # for an answer
WAITING = 4  # questions that may wait for their turn
MOST = 2  # of an account, the one that is answered included
_FAILED = 2  # the exit code of a command that says what is wrong
_ENVIRONMENT = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "IAMD_ENGINE")  # no setting, no secret


class Refused(Exception):
    """The question cannot be answered; the message says why, in words for whoever asked."""


class Busy(Exception):
    """Too many questions wait."""


class Broken(Exception):
    """The command failed; the message is for the log."""


class Hindsight:
    """Asks about the accounts of a data directory, or of a database on servers, one question at a time. The URLs of the
    latter may have passwords, and are told by the environment: `databases` are these variables."""

    def __init__(
        self, data_dir: Path, master_key_file: Path | None, databases: Mapping[str, str] | None = None
    ) -> None:
        self._place = [f"--data-dir={data_dir}"]
        self._environment = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT}
        if databases:  # libpq has variables of its own
            libpq = {name: value for name, value in os.environ.items() if name.startswith("PG")}
            self._environment |= {**libpq, **databases}
        if master_key_file is not None:
            self._place.append(f"--master-key-file={master_key_file}")
        self._turn = asyncio.Semaphore(1)
        self._asked: Counter[str] = Counter()

    async def compare(self, account_id: str, before: str, after: str) -> dict[str, Any]:
        """What `iamd diff --json` tells of an account, between two moments. Raises Refused, Busy, Broken."""
        return await self._ask(account_id, "diff", [f"--account={account_id}", "--", before, after])

    async def replay(
        self, account_id: str, changes: bytes, since: str | None, until: str | None, *, organization: bool = False
    ) -> dict[str, Any]:
        """What `iamd replay --json` tells of an account's calls, or those of all accounts of the organization that it
        manages; `changes` is a file of changes that names no other file. Raises Refused, Busy, Broken."""
        flags = [f"--{name}={value}" for name, value in (("since", since), ("until", until)) if value is not None]
        flags += ["--organization"] if organization else []
        return await self._ask(
            account_id, "replay", [f"--account={account_id}", "--change=-", "--jobs=1", *flags], changes
        )

    async def _ask(self, account_id: str, command: str, arguments: Sequence[str], given: bytes = b"") -> dict[str, Any]:
        if self._asked.total() > WAITING or self._asked[account_id] >= MOST:
            raise Busy
        self._asked[account_id] += 1
        try:
            async with self._turn:
                code, told, problem = await _run(
                    [command, "--json", *self._place, *arguments], given, self._environment
                )
        finally:
            self._asked[account_id] -= 1
        _, complains, why = problem.rpartition(f"iamd {command}: ")
        if code == _FAILED and complains:
            raise Refused(why.removeprefix("error: ").strip())
        try:
            answer: dict[str, Any] = msgspec.json.decode(told, type=dict[str, Any])
        except msgspec.DecodeError:
            raise Broken(f"iamd {command} ended with {code}: {problem[-2000:]}") from None
        return answer


async def _run(arguments: Sequence[str], given: bytes, environment: Mapping[str, str]) -> tuple[int | None, bytes, str]:
    """Exit code, output and complaint of the command line; its process is gone when this returns or raises."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "iamd.cli.main", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        async with asyncio.timeout(SECONDS):
            told, complaint = await process.communicate(given)
    except TimeoutError:
        raise Refused(f"it took longer than {SECONDS} seconds: ask about less time") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, told, complaint.decode(errors="replace")
