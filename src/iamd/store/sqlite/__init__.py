"""The store on SQLite."""

from iamd.store.sqlite.database import SqliteDatabase

__all__ = ["SqliteDatabase"]
