"""A connection to a database, as far as the store's functions care."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = Sequence[Any]


class Cursor(Protocol):
    """What a statement found."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """One connection, used by one thread at a time. Statements are those of `statements`, parameters by position.

    Every method raises an error of the driver's own when the database fails.
    """

    def execute(self, statement: str, parameters: Row = (), /) -> Cursor: ...

    def executemany(self, statement: str, rows: Sequence[Row], /) -> object:
        """Run the statement for each row, in order."""
        ...

    def insert(self, statement: str, rows: Sequence[Row], /) -> None:
        """Run an `INSERT ... VALUES` for all rows, in order; quicker than `executemany` for many. Where it updates what is
        there, no two rows may have one key."""
        ...

    def each(self, questions: Sequence[tuple[str, Row]], /) -> Iterator[list[Any]]:
        """The rows that each of several statements finds."""
        ...

    def announce(self) -> None:
        """Wake whoever follows the change feed or the keyring, once the transaction is committed."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """A transaction in which everything is read as of one moment."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """A transaction beside which nobody else writes, in any process: what it reads is what was committed last.

        It commits at the end, durably, and rolls back on any exception.
        """
        ...
