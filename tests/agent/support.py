"""A source of credentials that STS stands behind in earnest, a clock, and requests for the endpoints."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from iamd.agent.config import read
from iamd.agent.door import Door
from iamd.agent.keeper import Keeper
from iamd.agent.source import Credentials, NoCredentials, Profile, Wanted
from iamd.wire.http import Answer, HttpRequest

ROLE = "arn:aws:iam::123456789012:role/team/web"
PROFILE = "arn:aws:iam::123456789012:instance-profile/web"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


class Minted:
    """Makes up credentials, counts, and fails when told to."""

    patience = timedelta(seconds=5)

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.asked: list[Wanted] = []
        self.failure: NoCredentials | None = None
        self.profiles: dict[str, Profile] = {}
        self.void: set[str] = set()

    async def assume(self, wanted: Wanted) -> Credentials:
        self.asked.append(wanted)
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        now = self.clock()
        number = len(self.asked)
        return Credentials(f"ASIA{number}", f"secret{number}", f"token{number}", now, now + timedelta(hours=1))

    async def holds(self, wanted: Wanted, credentials: Credentials) -> bool:
        return credentials.access_key_id not in self.void

    async def profile(self, arn: str) -> Profile:
        if arn not in self.profiles:
            raise NoCredentials("no such profile", refused=True)
        return self.profiles[arn]


class Agent:
    """The endpoints without a socket."""

    def __init__(self, **config: Any) -> None:
        self.clock = Clock()
        self.source = Minted(self.clock)
        self.door = Door(read(config), Keeper(self.source, self.clock))

    def ask(self, path: str, method: str = "GET", client: str = "127.0.0.1", **headers: str) -> Answer:
        """An answer; header names have underscores for hyphens."""
        sent = {"host": "127.0.0.1:4501", **headers}
        raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in sent.items()]
        return asyncio.run(self.door.answer(HttpRequest(method, path.encode(), b"", raw, b"", client)))

    def token(self, seconds: int = 60) -> str:
        answer = self.ask("/latest/api/token", "PUT", x_aws_ec2_metadata_token_ttl_seconds=str(seconds))
        assert answer.status == 200
        return answer.body.decode()

    def read(self, path: str) -> str | None:
        """What is at a path below `/latest/`, with a token; None where there is nothing."""
        answer = self.ask(f"/latest/{path}", x_aws_ec2_metadata_token=self.token())
        assert answer.status in (200, 404)
        return answer.body.decode() if answer.status == 200 else None
