"""A person of an identity store, at the portal."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from iamd.caller.passwords import hashed
from iamd.services.access_portal import passwords
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.identity_store import StoreUser
from tests.live import ACCOUNT, Live
from tests.services.access_portal.programs import Program
from tests.services.signin.browser import Browser

PASSWORD = "Correct horse 9!"
HASHED = hashed(PASSWORD)


@dataclasses.dataclass
class Person:
    """Who that is, and what an administrator does about it."""

    server: Live
    store_id: str
    id: str
    name: str

    @property
    def records(self) -> Records:
        found = self.server.realm.store.records(ACCOUNT)
        assert found is not None
        return found

    @property
    def user(self) -> StoreUser:
        found: StoreUser | None = self.records.store_users.get(self.id)
        assert found is not None
        return found

    def change(self, **changes: Any) -> None:
        """Change the user's record."""
        self.write(lambda records: records.store_users.replace(self.user, **changes))

    def delete(self) -> None:
        self.server.client("identitystore").delete_user(IdentityStoreId=self.store_id, UserId=self.id)

    def set_password(self, stored: str = HASHED, *, is_one_time: bool = False) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        self.write(lambda records: passwords.put(records, self.user, stored, now, is_one_time=is_one_time))

    def one_time(self) -> str:
        """Have a one-time password, and be told it."""
        given = passwords.one_time_password()
        self.set_password(hashed(given), is_one_time=True)
        return given

    def link(self) -> str:
        """The page of a link that sets a password."""
        sealer = self.server.realm.sealer
        return f"/start/password?link={passwords.link_for(sealer, self.records, self.user, datetime.now(UTC))}"

    def sign_in(self, browser: Browser) -> None:
        assert browser.submit(browser.open("/start"), name=self.name, password=PASSWORD).status == 303

    def allow(self, browser: Browser, program: Program) -> Any:
        """Let a program have access, in a browser where the person is signed in: its tokens."""
        waiting = program.start()
        browser.submit(browser.open(f"/device?user_code={waiting['userCode']}"), answer="allow")
        return program.poll(waiting)

    def events(self) -> list[dict[str, Any]]:
        """The trail of the instance's account, newest first."""
        found = self.server.client("cloudtrail").lookup_events()["Events"]
        return [json.loads(event["CloudTrailEvent"]) for event in found]

    def write(self, work: Callable[[Records], object]) -> None:
        """Change records of the instance's account."""

        def done(change: Change) -> None:
            work(change.records(ACCOUNT))

        self.server.run(self.server.realm.store.write(done))


def new_person(server: Live, store_id: str, name: str, **attributes: Any) -> Person:
    """A person with a password."""
    made = server.client("identitystore").create_user(
        IdentityStoreId=store_id,
        UserName=name,
        DisplayName=name.title(),
        Name={"GivenName": name.title(), "FamilyName": "Other"},
        **attributes,
    )
    person = Person(server, store_id, made["UserId"], name)
    person.set_password()
    return person
