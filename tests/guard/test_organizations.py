"""An account's standing in its organization, from the records of the management account."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.guard.organizations import Standings, take, under_rcps
from iamd.store.image import Records
from iamd.store.kinds.organizations import Member, Organization, OrganizationPolicy, PolicyAttachment, Unit
from iamd.wire.errors import ServiceUnavailable

MANAGEMENT, TEAM, NOW = "111111111111", "222222222222", datetime(2026, 11, 22, tzinfo=UTC)
ORGANIZATION, ROOT = "o-a1b2c3d4e5", "r-ab12"
SCP = "SERVICE_CONTROL_POLICY"
DENY = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}'


def management(*parents: str, features: str = "ALL", types: tuple[str, ...] = (SCP,)) -> Records:
    """An organization with a chain of units, and the team's account in the last of them."""
    records = Records(MANAGEMENT)
    records.organizations.add(Organization(MANAGEMENT, ORGANIZATION, ROOT, NOW, features, types))
    parent = ROOT
    for unit in parents:
        records.units.add(Unit(MANAGEMENT, unit, ORGANIZATION, parent, unit, NOW))
        parent = unit
    for id, place in ((MANAGEMENT, ROOT), (TEAM, parent)):
        records.members.add(Member(MANAGEMENT, id, ORGANIZATION, place, id, "", NOW, "CREATED"))
    records.organization_policies.add(OrganizationPolicy(MANAGEMENT, "p-1", ORGANIZATION, SCP, "one", "", DENY, NOW))
    return records


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5).flatmap(lambda depth: st.tuples(st.just(depth), st.sets(st.integers(0, depth + 1)))))
def test_there_is_a_level_for_each_step_of_the_way(drawn: tuple[int, set[int]]) -> None:
    depth, attached = drawn
    units = [f"ou-{level}" for level in range(depth)]
    records = management(*units)
    way = [ROOT, *units, TEAM]
    for at in attached:
        records.policy_attachments.add(PolicyAttachment(MANAGEMENT, "p-1", way[at], NOW))
    standing = take(TEAM, records)
    assert [bool(level) for level in standing.scps] == [at in attached for at in range(len(way))]
    path = "/".join([ORGANIZATION, ROOT, *units, ""])
    assert standing.principal_keys["aws:principalorgpaths"] == (path,)
    assert standing.rcps == ()


def test_nothing_binds_the_management_account() -> None:
    records = management(types=(SCP, "RESOURCE_CONTROL_POLICY"))
    assert (take(MANAGEMENT, records).scps, take(MANAGEMENT, records).rcps) == ((), ())
    assert len(take(TEAM, records).rcps) == 2


def test_without_all_features_there_are_no_control_policies() -> None:
    assert take(TEAM, management(features="CONSOLIDATED_BILLING")).scps == ()


def test_who_is_not_found_is_refused() -> None:
    with pytest.raises(ServiceUnavailable):
        take("333333333333", management())
    with pytest.raises(ServiceUnavailable):
        take(TEAM, Records(MANAGEMENT))
    lost = management("ou-1")
    lost.units.remove(lost.units.get("ou-1"))
    with pytest.raises(ServiceUnavailable):
        take(TEAM, lost)


def test_a_standing_is_kept_until_the_structure_changes() -> None:
    records, standings = management("ou-1"), Standings()
    records.take_journal()
    first = standings.of(TEAM, records)
    assert standings.of(TEAM, records) is first
    records.users.journal.clear()
    records.members.replace(records.members.get(TEAM), parent_id=ROOT)
    records.take_journal()
    assert len(standings.of(TEAM, records).scps) == len(first.scps) - 1
    moved = standings.of(TEAM, records)
    records.members.replace(records.members.get(TEAM), parent_id="ou-1")
    records.undo()
    assert standings.of(TEAM, records) is not moved
    assert standings.of(TEAM, records).principal_keys == moved.principal_keys
    standings.clear()
    assert standings.of(TEAM, records) is not moved


@pytest.mark.parametrize(
    ("action", "under"),
    [
        ("sts:AssumeRole", True),
        ("s3:GetObject", True),
        ("S3:getobject", True),
        ("s3:ListAllMyBuckets", False),  # works on no resource
        ("s3:NewerThanTheReference", True),
        ("iam:GetUser", False),
        ("nothing:Known", False),
    ],
)
def test_resource_control_policies_act_on_some_services(action: str, under: bool) -> None:
    assert under_rcps(action) is under
