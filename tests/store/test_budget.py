"""How much memory the records may take."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iamd.store.budget import available, record_bytes
from iamd.store.cache import ImageCache
from iamd.store.image import Records
from iamd.store.records import Account, User
from tests.store.samples import NOW

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("inside", "limits", "found"),
    [
        ("0::/\n", {}, MACHINE),
        ("0::/\n", {"": "1000000"}, 1_000_000),
        ("0::/pods/one\n", {"pods/one": "max", "pods": "2000000"}, 2_000_000),
        ("0::/pods/one\n", {"pods/one": "500000", "pods": "2000000"}, 500_000),
        ("12:memory:/old\n", {}, MACHINE),
        ("0::/../elsewhere\n", {"": "3000000"}, 3_000_000),
        (None, {"": "1000000"}, MACHINE),
    ],
)
def test_the_least_limit_of_the_control_groups_counts(
    tmp_path: Path, inside: str | None, limits: dict[str, str], found: int
) -> None:
    own, groups = tmp_path / "own", tmp_path / "groups"
    if inside is not None:
        own.write_text(inside)
    for group, limit in limits.items():
        (groups / group).mkdir(parents=True, exist_ok=True)
        (groups / group / "memory.max").write_text(limit)
    assert available(groups, own) == found


@pytest.mark.parametrize(
    ("inside", "limits", "found"),
    [
        ("4:memory:/one\n0::/\n", {"one": "500000", "": "9223372036854771712"}, 500_000),
        ("4:memory:/docker/one\n", {"": "2000000"}, 2_000_000),  # in a container, whose own group is the root
        ("4:cpu,memory:/pods/one\n", {"pods/one": "9223372036854771712", "pods": "3000000"}, 3_000_000),
        ("4:cpu:/one\n", {"one": "500000"}, MACHINE),
    ],
)
def test_limits_of_the_first_version_of_control_groups_count(
    tmp_path: Path, inside: str, limits: dict[str, str], found: int
) -> None:
    own, groups = tmp_path / "own", tmp_path / "groups"
    own.write_text(inside)
    for group, limit in limits.items():
        (groups / "memory" / group).mkdir(parents=True, exist_ok=True)
        (groups / "memory" / group / "memory.limit_in_bytes").write_text(limit)
    assert available(groups, own) == found


def test_workers_share_what_is_set() -> None:
    assert record_bytes(1000, 4) == 250
    assert 0 < record_bytes(None, 2) <= MACHINE // 8


def image(number: int, users: int) -> Records:
    records = Records(f"{number:012}")
    records.accounts.add(Account(records.account_id, NOW))
    for each in range(users):
        records.users.add(User(records.account_id, f"AIDA{each}", f"user{each}", "/", NOW))
    records.take_journal()
    records.revision = 1
    return records


def test_what_grows_is_weighed_again_and_the_longest_unused_goes() -> None:
    one, two, three = (image(number, 10) for number in range(3))
    cache = ImageCache(one.weight() + two.weight() + three.weight())
    assert [cache.put(each, ()) for each in (one, two, three)] == [[], [], []]
    cache.get(one.account_id)
    for each in range(10, 30):
        three.users.add(User(three.account_id, f"AIDA{each}", f"user{each}", "/", NOW))
    three.take_journal()
    three.revision += 1
    assert cache.put(image(3, 0), {two.account_id}) == [three.account_id]
    assert [each.account_id for each in cache.all()] == [two.account_id, one.account_id, f"{3:012}"]
