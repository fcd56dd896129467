"""Credential reports of all accounts, put somewhere once a day or a week: iamd's own, AWS has none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from iamd.server import telemetry
from iamd.server.report_places import NotPut, Place, Report
from iamd.services.iam.credential_reports import report, report_json
from iamd.store.interface import Usage
from iamd.store.store import Store

RETRY = 300.0  # seconds after a failure
LENGTHS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


async def report_file(store: Store, account_id: str, day: date, form: str) -> Report:
    """The present credential report of an account as a file that is named by that day; `form` is csv or json."""
    records = await store.load(account_id)

    def last_used(key_id: str) -> Usage | None:
        return store.last_used(account_id, key_id)

    if form == "json":
        text = json.dumps(report_json(records, last_used), indent=1) + "\n"
    else:
        text = report(records, last_used)
    media_type = {"csv": "text/csv", "json": "application/json"}[form]
    return Report(file_name(account_id, day, form), media_type, text.encode(), records.account.email)


def file_name(account_id: str, day: date, form: str) -> str:
    return f"credential-report-{account_id}-{day.isoformat()}.{form}"


class ReportSchedule:
    """Puts a report of each account where it belongs, as soon as a day or a week (in UTC, from Monday) has begun."""

    def __init__(
        self, store: Store, place: Place, schedule: str, form: str, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._store = store
        self._place = place
        self._length = LENGTHS[schedule]
        self._form = form
        self._clock = clock or (lambda: datetime.now(UTC))
        self._put: set[str] = set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(await self.turn())

    async def turn(self) -> float:
        """Put what is due; returns the seconds until something may be due again. Failures are logged, never raised."""
        now = self._clock()
        day = now.date() - timedelta(days=now.weekday() if self._length.days > 1 else 0)
        due = {file_name(account_id, day, self._form): account_id for account_id in self._store.account_ids()}
        self._put &= due.keys()
        whole = True
        for name in due.keys() - self._put:
            whole &= await self._attempt(due[name], name, day)
        if not whole:
            return RETRY
        # An account that is made meanwhile gets its first report within the hour.
        end = datetime.combine(day + self._length, time(), UTC)
        return min((end - self._clock()).total_seconds() + 1, 3600.0)

    async def _attempt(self, account_id: str, name: str, day: date) -> bool:
        try:
            if not await asyncio.to_thread(self._place.has, name):
                made = await report_file(self._store, account_id, day, self._form)
                where = await asyncio.to_thread(self._place.put, made)
                telemetry.log.info("wrote a credential report", account=account_id, to=where)
        except NotPut as error:
            telemetry.log.error("a credential report was not written", account=account_id, reason=str(error))
        except Exception:
            telemetry.log.error("a credential report was not written", account=account_id, exc_info=True)
        else:
            self._put.add(name)
            return True
        return False
