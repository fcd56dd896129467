"""An organization with an Identity Center instance, and what is needed to talk to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.live import ACCOUNT, Live


@dataclass
class Center:
    """The organization's instance: clients of its management account, and what names it."""

    server: Live
    sso: Any
    store: Any
    arn: str
    store_id: str
    member: str  # an account of the organization

    def client_in(self, account_id: str, service: str) -> Any:
        """A client of an administrator in a member account."""
        sts = self.server.client("sts", self.administrator)
        role = f"arn:aws:iam::{account_id}:role/OrganizationAccountAccessRole"
        return self.server.client(service, sts.assume_role(RoleArn=role, RoleSessionName="far")["Credentials"])

    @property
    def administrator(self) -> Any:
        """An access key of an administrator of the management account (root users assume no roles)."""
        iam = self.server.client("iam")
        try:
            iam.create_user(UserName="admin")
        except iam.exceptions.EntityAlreadyExistsException:
            for key in iam.list_access_keys(UserName="admin")["AccessKeyMetadata"]:
                iam.delete_access_key(UserName="admin", AccessKeyId=key["AccessKeyId"])
        iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        return iam.create_access_key(UserName="admin")["AccessKey"]

    def new_user(self, name: str, **more: Any) -> str:
        given = {"Name": {"GivenName": name, "FamilyName": "Doe"}, "DisplayName": name, **more}
        made = self.store.create_user(IdentityStoreId=self.store_id, UserName=name, **given)
        return str(made["UserId"])

    def new_set(self, name: str, **more: Any) -> str:
        made = self.sso.create_permission_set(InstanceArn=self.arn, Name=name, **more)
        return str(made["PermissionSet"]["PermissionSetArn"])


@pytest.fixture
def center(server: Live, root: Callable[[str], Any]) -> Center:
    """An organization with one member account, and its instance."""
    organizations = root("organizations")
    organizations.create_organization()
    member = organizations.create_account(Email="m@example.com", AccountName="member")["CreateAccountStatus"]["Id"]
    status = organizations.describe_create_account_status(CreateAccountRequestId=member)["CreateAccountStatus"]
    sso = root("sso-admin")
    arn = sso.create_instance(Name="ours")["InstanceArn"]
    told = sso.describe_instance(InstanceArn=arn)
    assert told["OwnerAccountId"] == ACCOUNT
    return Center(server, sso, root("identitystore"), arn, told["IdentityStoreId"], status["AccountId"])
