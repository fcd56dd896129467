"""Ids of requests."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

from iamd.audit.ids import new_uuid

_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}").fullmatch


def drawn(_: int = 0) -> list[str]:
    return [new_uuid() for _ in range(500)]


def test_ids_are_uuids_and_given_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = [each for some in pool.map(drawn, range(4)) for each in some]
    assert all(map(_SHAPE, ids))
    assert len(set(ids)) == len(ids)


def test_a_forked_process_draws_its_own() -> None:
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, new_uuid().encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(tell)
    with os.fdopen(told) as said:
        assert said.read() not in drawn()
