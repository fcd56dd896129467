"""A denial of a server, found by its authorization id in the database."""

from iamd.cli import Failure
from iamd.cli.place import Place, in_store
from iamd.guard.denials import Denial, needed, restored
from iamd.store import Store


def find_denial(place: Place, id: str) -> Denial:
    """The denial with the policies as they were then; raises Failure. The database may be in use."""
    found = in_store(place, lambda store: _find(store, id))
    if found is None:
        raise Failure(f"no denial has the authorization id {id}; denials are kept for a day")
    return found


async def _find(store: Store, id: str) -> Denial | None:
    kept = await store.denial(id, needed)
    return None if kept is None else restored(id, kept.record, kept.documents)
