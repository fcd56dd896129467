"""Where a server's data are, as its settings say."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

from iamd.audit.hindsight import Hindsight
from iamd.audit.lake.files import Lake
from iamd.audit.lake.process import is_installed
from iamd.settings import Settings
from iamd.store import opening
from iamd.store.edge.database import EdgeDatabase
from iamd.store.spool import Spool
from iamd.store.store import Store


def store(settings: Settings, memory: int) -> Store:
    """The records, which take so many bytes of memory. Raises StoreError."""
    if settings.database is None or settings.master_key_file is None:
        return Store.open_sqlite(None if settings.in_memory else settings.data_dir, settings.master_key_file, memory)
    database = opening.postgresql(
        settings.database, settings.master_key_file, settings.database_patience, settings.read_database
    )
    return Store(database, memory, spool=Spool(settings.data_dir / "spool.db", lambda: database.keyring.sealer))


def edge(settings: Settings, control_plane: str) -> EdgeDatabase:
    """The replica of an edge node. Raises StoreError."""
    return opening.edge(settings.data_dir, control_plane, settings.max_staleness, settings.master_key_file)


def lake(settings: Settings) -> Lake | None:
    """The files of event data stores, if there can be any: of a server in memory, until it stops."""
    if not is_installed() or settings.control_plane is not None:
        return None
    return Lake(Path(mkdtemp(prefix="iamd-")) if settings.in_memory else settings.data_dir / "event-data-stores")


def hindsight(settings: Settings) -> Hindsight | None:
    """What answers questions about the past, if there is one."""
    if settings.in_memory or settings.control_plane is not None:
        return None
    urls = {"IAMD_DATABASE": settings.database, "IAMD_READ_DATABASE": settings.read_database}
    databases = {name: url.secret for name, url in urls.items() if url is not None}
    return Hindsight(settings.data_dir, settings.master_key_file, databases)
