"""An organization whose people come to its accounts by the portal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.live import Live
from tests.services.access_portal.people import Person, new_person
from tests.services.identity_center.conftest import Center
from tests.services.identity_center.test_assignments import assign


def new_company(server: Live) -> Center:
    """An organization with one member account, and its instance."""
    organizations, sso = server.client("organizations"), server.client("sso-admin")
    organizations.create_organization()
    begun = organizations.create_account(Email="m@example.com", AccountName="member")["CreateAccountStatus"]["Id"]
    status = organizations.describe_create_account_status(CreateAccountRequestId=begun)["CreateAccountStatus"]
    arn = sso.create_instance(Name="ours")["InstanceArn"]
    store_id = sso.describe_instance(InstanceArn=arn)["IdentityStoreId"]
    return Center(server, sso, server.client("identitystore"), arn, store_id, status["AccountId"])


def new_member(company: Center, name: str, statements: Sequence[dict[str, Any]]) -> Person:
    """A person with the permission set `Admin` in the member account, by a group, for two hours."""
    person = new_person(company.server, company.store_id, name, Title="boss")
    here = {"IdentityStoreId": company.store_id}
    group = company.store.create_group(**here, DisplayName="devs")["GroupId"]
    company.store.create_group_membership(**here, GroupId=group, MemberId={"UserId": person.id})
    permission_set = company.new_set("Admin", SessionDuration="PT2H")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    company.sso.put_inline_policy_to_permission_set(
        InstanceArn=company.arn, PermissionSetArn=permission_set, InlinePolicy=document
    )
    assert assign(company, permission_set, group, company.member, "GROUP")["Status"] == "SUCCEEDED"
    return person
