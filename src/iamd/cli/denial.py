"""A denial of a server, found by its authorization id in the data directory."""

import asyncio
from pathlib import Path

from iamd.cli import Failure
from iamd.guard.denials import Denial, needed, restored
from iamd.store import Store, StoreError


def find_denial(database: Path, master_key: Path, id: str) -> Denial:
    """The denial with the policies as they were then; raises Failure. The database may be in use."""
    if not database.exists():
        raise Failure(f"there is no database {database}")
    try:
        found = asyncio.run(_find(database.parent, master_key, id))
    except StoreError as error:
        raise Failure(str(error)) from error
    if found is None:
        raise Failure(f"no denial has the authorization id {id}; denials are kept for a day")
    return found


async def _find(data_dir: Path, master_key: Path, id: str) -> Denial | None:
    store = Store.open_sqlite(data_dir, master_key)
    try:
        await store.start()
        kept = await store.denial(id, needed)
        return None if kept is None else restored(id, kept.record, kept.documents)
    finally:
        await store.close()
