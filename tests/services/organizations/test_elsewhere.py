"""What an organization changes elsewhere: simulations, services that call, who-can, other processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iamd.analysis.access import Question, who_can
from iamd.cli.access.accounts import load_accounts
from iamd.server.clock import now
from iamd.services.sts.service_sessions import ServiceCall, assume_for_service
from iamd.wire.errors import AccessDenied
from tests import elsewhere
from tests.live import ACCOUNT, Live, live
from tests.services.organizations.support import ACCESS_ROLE, Org, deny, refused
from tests.services.roles import EC2, make_role, trust


def simulated(iam: Any, arn: str, **more: Any) -> Any:
    asked = {"PolicySourceArn": arn, "ActionNames": ["iam:ListUsers"]}
    return iam.simulate_principal_policy(**asked, **more)["EvaluationResults"][0]


def test_a_simulation_tells_of_the_organization(controlled: Org, admin: Any) -> None:
    account = controlled.account("ann")
    iam = controlled.enter(admin, account)("iam")
    arn = f"arn:aws:iam::{account}:role/{ACCESS_ROLE}"
    assert simulated(iam, arn)["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    controlled.attach(controlled.policy("NoUsers", deny("iam:ListUsers")), account)
    found = simulated(iam, arn)
    assert (found["EvalDecision"], found["MatchedStatements"]) == ("explicitDeny", [])
    assert found["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    without = simulated(iam, arn, PolicyExclusionList=[{"PolicyType": "scp"}])
    assert without["EvalDecision"] == "allowed"
    assert "OrganizationsDecisionDetail" not in without
    mine = simulated(admin("iam"), f"arn:aws:iam::{ACCOUNT}:user/admin")
    assert mine["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


def assume(server: Live, role: str, source: str | None) -> Any:
    call = ServiceCall(server.realm, now(), "us-east-1", "ec2.amazonaws.com", role, "i-1", 3600, source)
    return server.run(assume_for_service(call))


def test_services_are_under_resource_control_policies(controlled: Org, admin: Any) -> None:
    account = controlled.account("ann")
    role = make_role(controlled.enter(admin, account)("iam"), "Instance", trust(EC2))
    inside, outside = (f"arn:aws:ec2:us-east-1:{each}:instance/i-1" for each in (account, "999999999999"))
    assume(controlled.server, role, outside)
    confused = deny(
        "sts:AssumeRole",
        Principal="*",
        Condition={
            "StringNotEqualsIfExists": {"aws:SourceOrgID": controlled.id},
            "Null": {"aws:SourceAccount": "false"},
            "Bool": {"aws:PrincipalIsAWSService": "true"},
        },
    )
    controlled.attach(controlled.policy("Deputies", confused, kind="RESOURCE_CONTROL_POLICY"), account)
    assume(controlled.server, role, inside)
    with pytest.raises(AccessDenied):
        assume(controlled.server, role, outside)


@pytest.fixture
def two_processes(tmp_path: Path) -> Iterator[tuple[Org, Live]]:
    """Two servers on one database, an organization in it."""
    with live(in_memory=False, data_dir=str(tmp_path)) as one, live(in_memory=False, data_dir=str(tmp_path)) as two:
        orgs = one.client("organizations")
        made = orgs.create_organization()["Organization"]
        root = orgs.list_roots()["Roots"][0]["Id"]
        orgs.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
        yield Org(one, orgs, made["Id"], root), two


def test_what_one_process_changes_binds_in_another(two_processes: tuple[Org, Live], tmp_path: Path) -> None:
    org, other = two_processes
    iam = org.server.client("iam")
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    free, bound = org.unit("Free"), org.unit("Bound")
    org.attach(org.policy("NoUsers", deny("iam:ListUsers")), bound)
    account = org.account("ann", free)
    role = f"arn:aws:iam::{account}:role/{ACCESS_ROLE}"
    credentials = other.client("sts", key).assume_role(RoleArn=role, RoleSessionName="visit")["Credentials"]
    there = other.client("iam", credentials)
    there.list_users()
    assert allowed(tmp_path, role)
    org.move(account, free, bound)
    other.run(other.realm.store.refresh())  # on PostgreSQL it would hear of it a moment later
    assert refused(there.list_users)[0] == "AccessDenied"
    assert not allowed(tmp_path, role)
    org.move(account, bound, free)
    other.run(other.realm.store.refresh())
    there.list_users()


def allowed(data: Path, role: str) -> bool:
    """Whether `iamd who-can` finds that the role may list users."""
    holders = load_accounts(elsewhere.place(data)).holders()
    found = who_can(holders, Question("iam:ListUsers", resource_account=role.split(":")[4]))
    return role in {access.holder.principal.arn for access in found if access.decision.allowed}
