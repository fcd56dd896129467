"""What browsers and programs carry opens as what it is, and as nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import iamd.app
from iamd.services.access_portal.grants import Access, Refresh
from iamd.services.carried import Carried
from iamd.store.sealing import Sealer

assert iamd.app  # which knows every kind


def kinds(of: type[Carried] = Carried) -> Iterator[type[Carried]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_no_two_kinds_have_one_name() -> None:
    names = Counter(kind.context for kind in kinds())
    assert len(names) > 10
    assert set(names.values()) == {1}


def test_a_value_opens_as_its_kind_alone() -> None:
    sealer = Sealer({1: bytes(32)})
    access = Access("111111111111", "a session", 5)
    text = access.sealed(sealer)
    assert Access.opened(sealer, text) == access
    assert Refresh.opened(sealer, text) is None
    assert Access.opened(Sealer({1: b"\1" * 32}), text) is None
    for other in ("", "=", text[:-2], text + "a", text + "\u0663", "\ud800", "A" * 1_000_000):
        assert Access.opened(sealer, other) is None
    assert "session" not in repr(access)
