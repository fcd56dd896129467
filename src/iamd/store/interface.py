"""What a database must do for the store, and the values that pass between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from iamd.store.image import Records
from iamd.store.keyring import Keyring
from iamd.store.kind import Step
from iamd.store.waiting import Kept

if TYPE_CHECKING:
    from iamd.store.runs import Run
    from iamd.store.sql.feed import Heard, Mark, News


class Event(Protocol):
    """An audit record; it is encoded only when it is written."""

    @property
    def account_id(self) -> str: ...

    @property
    def event_id(self) -> str: ...

    @property
    def time(self) -> datetime: ...

    def encode(self) -> bytes:
        """The record as JSON, in CloudTrail's format."""
        ...


class Denial(Protocol):
    """A request that was denied, with the documents that it was decided on; it is encoded only when it is written."""

    @property
    def id(self) -> str: ...

    def encode(self) -> bytes:
        """What is stored of it, documents apart."""
        ...

    def documents(self) -> Mapping[str, str]:
        """The documents' texts by digest; each is stored once."""
        ...


@dataclass(frozen=True, slots=True)
class KeptDenial:
    """A denial as it was stored; `documents` are the texts that were asked for, by digest."""

    account_id: str
    time: datetime
    record: bytes
    documents: Mapping[str, str]


class Recorded(NamedTuple):
    """An audit record as it is stored. `position` numbers the records of all accounts in the order they came in."""

    position: int
    account_id: str
    time: datetime
    event_id: str
    record: bytes


Terms = Callable[[Recorded], frozenset[str]]
"""What an audit record is found by; not by the id of its request."""


class Term(NamedTuple):
    """One of the terms, and bytes that every record has which it is one of."""

    text: str
    within: bytes = b""


@dataclass(frozen=True, slots=True)
class Window:
    """Which audit records of an account are asked for, newest first: times from `start` to `end`, both included, and
    only what comes behind `after`, the time and position of the last record told."""

    account_id: str
    start: datetime | None = None
    end: datetime | None = None
    after: tuple[datetime, int] | None = None
    limit: int = 50


class Usage(msgspec.Struct, frozen=True, gc=False):
    """When and where an access key or a role was last used."""

    time: datetime
    region: str
    service: str


class Access(msgspec.Struct, frozen=True):
    """When and where a principal (a user's or role's unique id, the account's id for its root user) last attempted an
    action, allowed or not."""

    principal_id: str
    service: str
    action: str
    time: datetime
    region: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of an account without loading it; `organization` is the management account of its organization."""

    alias: str | None = None
    email: str = ""
    organization: str | None = None


When = int | datetime
"""A point in an account's history: a revision, or a time (what had been committed by then)."""


class Replaced(NamedTuple):
    """A record that one of an account's changes touched, and as JSON what was there before it (None: nothing)."""

    revision: int
    time: datetime
    kind: str
    key: str
    before: bytes | None


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as it is stored; whether it is archived stands beside it."""

    account_id: str
    id: str
    updated: datetime
    content: bytes
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Remembered:
    """What detections remember of an account's events up to position `reached`. `base` is how far that was when it was
    last stored; None: never."""

    account_id: str
    reached: int
    content: bytes
    base: int | None = None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """The steps that took one account to `revision`."""

    account_id: str
    revision: int
    steps: Sequence[Step]


@dataclass(slots=True)
class Group:
    """What is committed in one transaction.

    `bases` has, for every account that is changed, the revision that the changes were executed from; `events` go with
    changes and have the revision that these make. `runs` are audit records that may be there already, and are written
    once.
    """

    bases: dict[str, int] = field(default_factory=dict)
    changes: list[AccountChange] = field(default_factory=list)
    events: list[tuple[Event, int | None]] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    usage: list[tuple[str, str, Usage]] = field(default_factory=list)
    accesses: list[tuple[str, Access]] = field(default_factory=list)
    denials: list[tuple[str, datetime, Denial]] = field(default_factory=list)

    def __bool__(self) -> bool:
        recorded = self.events or self.kept or self.runs or self.usage or self.accesses or self.denials
        return bool(self.changes or recorded)


class Conflict(Exception):
    """An account is no longer at the revision that the group was executed from. Nothing was written."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id)
        self.account_id = account_id


class NotUnique(Conflict):
    """That account, which another process changed or made, has an alias or an address that the group gives to another
    one. Nothing was written."""


class Database(Protocol):
    """One database. Coroutines do their work off the event loop; the plain methods are for the loop's thread.

    Every method raises StoreError when the database fails.
    """

    keyring: Keyring
    reads_wait: float | None  # seconds for which reads wait for a commit before they go on without it; None: to its end

    @property
    def schema(self) -> int:
        """The version of the schema, when it was last looked at."""
        ...

    @property
    def bridged(self) -> bool | None:
        """None while the database is there; else whether what is in memory may be used without it, still: not when its
        schema has become too new for this program."""
        ...

    async def start(self) -> None:
        """Begin to hear of what other processes commit; before this nothing is asked of the database."""
        ...

    def lead(self) -> float:
        """Stand for being the one process on this database that does what is done by one; to be called again and again.

        Seconds for which this process is that one, for sure; 0 while another may be.
        """
        ...

    async def follow(self) -> None:
        """Return when `poll` knows of everything that was committed before the call."""
        ...

    async def commit(self, group: Group) -> None:
        """Make the group durable, all or nothing; raises Conflict, NotUnique among it, when another process was
        faster, NotWritten when the database did not take it, StoreError when what is in memory is not to be used any
        more."""
        ...

    async def load(self, account_id: str) -> tuple[Records, dict[str, Usage]]:
        """The account's records (none, when there is no such account) and last uses, as last committed."""
        ...

    async def heard(self, mark: Mark | None) -> Heard:
        """What any process, this one among them, has committed behind a mark."""
        ...

    async def news(self, account_id: str, behind: int) -> News | None:
        """What changed in an account behind a revision; None when that is forgotten."""
        ...

    async def accesses(self, account_id: str) -> list[Access]:
        """The last attempt of every principal of the account at every action, as last committed."""
        ...

    async def denial(self, id: str, needed: Callable[[bytes], Collection[str]]) -> KeptDenial | None:
        """The denial of that id with the documents that `needed` names of its record; None when it is not kept."""
        ...

    async def events(self, window: Window, term: Term | None, terms: Terms) -> list[Recorded]:
        """The audit records of a window, newest first, up to its limit; with a term only those which it is one of."""
        ...

    async def runs(self, window: Window, below: tuple[int, int]) -> list[Run]:
        """The runs below a place (the time and position of a run) that may have records of a window, newest first: as
        many as have so many records as its limit, if there are. The window's `after` does not count."""
        ...

    async def runs_behind(self, position: int, limit: int) -> list[Run]:
        """The audit records of all accounts that came in after that one, in order, those of an account in that in which
        they came in: runs, which end behind it, as many as have so many records, if there are. The first may begin
        before."""
        ...

    async def last_event(self) -> int:
        """The position of the newest audit record; 0 when there is none."""
        ...

    async def index_events(self, terms: Terms, size: int) -> bool:
        """Index the next `size` audit records, at least, by their terms; False when so many have not come in yet."""
        ...

    async def keep_result(self, account_id: str, id: str, when: datetime, content: bytes, before: datetime) -> None:
        """Keep what a query found, and forget what was kept before that time."""
        ...

    async def result(self, account_id: str, id: str) -> bytes | None:
        """What a query of the account found; None when it is not kept (any more)."""
        ...

    async def past(self, account_id: str, when: When) -> Records:
        """The account's records as they stood then, an image of its own; raises NotKept."""
        ...

    async def history(self, account_id: str, behind: int) -> list[Replaced]:
        """What the account's changes behind that revision touched, last first; those that are still kept."""
        ...

    async def forget(self, before: datetime) -> None:
        """Forget what only the state of before that time would be rebuilt from."""
        ...

    async def remembered(self) -> list[Remembered]:
        """What detections remember, by account."""
        ...

    async def remember(
        self, memories: Sequence[Remembered], findings: Sequence[KeptFinding], forget_before: datetime
    ) -> bool:
        """Keep both, and forget findings that were last updated before; False, with nothing kept, when another process
        has stored one of the memories meanwhile. Whether a finding is archived stays as it is."""
        ...

    async def findings(self, account_id: str, id: str | None = None) -> list[KeptFinding]:
        """The account's findings, or the one of that id; last updated first."""
        ...

    async def archive_finding(self, account_id: str, id: str, archived: bool) -> bool:
        """Archive a finding, or take it out again; False when there is none."""
        ...

    async def oldest_event_behind(self, position: int) -> datetime | None:
        """The time of the oldest run of audit records that ends behind that position, its last record's; None when there
        is none."""
        ...

    async def forget_events(self, account_id: str, before: datetime, limit: int) -> int:
        """Remove up to `limit` of the account's runs of audit records that end before that time, the oldest first, but
        never the newest of all; returns how many. Once there are no more, their index goes as well."""
        ...

    async def time(self) -> datetime:
        """What time it is by the database's own clock; by this process's where it has none."""
        ...

    async def accounts(self) -> dict[str, Listed]:
        """What is listed of every account by its id, oldest account first."""
        ...

    async def holders(self, kind: str, **values: str) -> list[str]:
        """The accounts that have a record of that kind with those values in its columns, as last committed."""
        ...

    async def find_key(self, access_key_id: str) -> str | None:
        """The id of the account that has this access key."""
        ...

    async def rotate_master_key(self) -> None:
        """Wrap the data keys by the newest of the master's keys alone, and add one, which seals from now on; nothing
        where that was done already. Raises StoreError, and nothing is changed."""
        ...

    async def rotate_token_key(self, forget_before: datetime) -> None:
        """Add a token key, which seals from now on, and remove those that sealed nothing since `forget_before`."""
        ...

    def poll(self) -> Collection[str]:
        """The accounts that other processes have changed since the last call, as far as is known without waiting (see
        `follow`); a few microseconds when none has.

        A key that was added meanwhile is in `keyring` afterwards, which is another one then.
        """
        ...

    def catch_up(self, records: Records) -> bool:
        """Bring an image that was loaded to the revision last committed, as far as is known; it must hold no uncommitted
        change. False: the changes behind its revision are not at hand (any more), and it is to be loaded anew."""
        ...

    def clear(self) -> Awaitable[None]:
        """Remove every row but the keyring's, behind the commits that were asked for before this call and ahead of
        later ones; raises StoreError at once unless the database is in memory."""
        ...

    async def close(self) -> None: ...
