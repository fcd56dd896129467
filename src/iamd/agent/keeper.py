"""Sessions that are kept while they last: one request to STS for many of the workloads', and never a stale answer."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from iamd.agent.source import Credentials, NoCredentials, Profile, Source, Wanted

log = structlog.get_logger("iamd")

MAX_KEPT = 1_000
_PROFILE_LIFE = timedelta(seconds=60)
# SDKs fetch anew in the last 15 minutes: what they get then must be newer.
_EARLY = timedelta(minutes=20)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    credentials: Credentials | None = None
    failure: NoCredentials | None = None
    failed: datetime | None = None


class Keeper:
    """Answers from memory; renews before expiry; asks STS once, however many wait for the answer."""

    def __init__(self, source: Source, clock: Callable[[], datetime] = utc_now) -> None:
        self._source = source
        self.now = clock
        self._kept: OrderedDict[Wanted, _Kept] = OrderedDict()
        self._profiles: dict[str, tuple[datetime, Profile]] = {}

    async def credentials(self, wanted: Wanted) -> Credentials:
        """Credentials that will still do for a while; raises NoCredentials."""
        kept = self._entry(wanted)
        async with kept.lock:
            now = self.now()
            if kept.credentials is not None and not await self._source.holds(wanted, kept.credentials):
                kept.credentials = kept.failure = None
            if kept.credentials is not None and not _is_old(kept.credentials, now):
                return kept.credentials
            if kept.failure is None or kept.failed is None or now - kept.failed >= self._source.patience:
                await self._renew(kept, wanted, now)
            if kept.credentials is not None and kept.credentials.expires > now and not _forbidden(kept.failure):
                return kept.credentials
            raise kept.failure or NoCredentials("the credentials have expired", refused=False)

    async def profile(self, arn: str) -> Profile:
        """The instance profile of that ARN, as it was within the last minute; raises NoCredentials."""
        now = self.now()
        known = self._profiles.get(arn)
        if known is None or now - known[0] >= _PROFILE_LIFE:
            known = self._profiles[arn] = (now, await self._source.profile(arn))
        return known[1]

    async def _renew(self, kept: _Kept, wanted: Wanted, now: datetime) -> None:
        try:
            kept.credentials = await self._source.assume(wanted)
        except NoCredentials as error:
            kept.failure, kept.failed = error, now
            log.warning("no credentials", role=wanted.role_arn, service=wanted.service, reason=str(error))
        else:
            kept.failure = kept.failed = None

    def _entry(self, wanted: Wanted) -> _Kept:
        kept = self._kept.setdefault(wanted, _Kept())
        self._kept.move_to_end(wanted)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return kept


def _is_old(credentials: Credentials, now: datetime) -> bool:
    """Within 20 minutes of the end, or the last third of a short session."""
    early = min(_EARLY, (credentials.expires - credentials.issued) / 3)
    return credentials.expires - now <= early


def _forbidden(failure: NoCredentials | None) -> bool:
    """What may no longer be assumed is not handed out any more, though it would still last."""
    return failure is not None and failure.refused
