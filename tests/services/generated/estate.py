"""The organization of the world: what is there, and what calls of Organizations and the Account service need to name it.

Accounts and units called `there` have what they can have, those called `bare` nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from iamd.wire.model import OperationModel
from tests.live import ACCOUNT
from tests.services.generated.direct import ALONE, OTHER

SERVICES = frozenset({"organizations", "account"})
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'
TAG_RULES = '{"tags":{"k":{"tag_key":{"@@assign":"k"}}}}'
DELEGATE = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},'
    '"Action":"organizations:List*","Resource":"*"}]}'
)
SERVICE, OTHER_SERVICE = "access-analyzer.amazonaws.com", "cloudtrail.amazonaws.com"
CONTACT = {
    "FullName": "there",
    "AddressLine1": "there",
    "City": "there",
    "PostalCode": "12345",
    "CountryCode": "US",
    "PhoneNumber": "+15550100",
}
ALTERNATE = {"Name": "there", "Title": "there", "EmailAddress": "there@example.com", "PhoneNumber": "+15550100"}
Call = Callable[..., Any]


class Estate:
    """The organization of the account whose root user makes it by calls of that function."""

    def __init__(self, call: Call) -> None:
        def make(action: str, **params: Any) -> Any:
            return call(action, "organizations", **params)

        self._make = make
        make("CreateOrganization", FeatureSet="ALL")
        self.root = make("ListRoots").text("Id")
        self.units = {name: self._unit(name) for name in ("there", "bare")}
        self.accounts = {name: self._account(name) for name in ("there", "bare", "left")}
        make(
            "MoveAccount",
            AccountId=self.accounts["there"],
            SourceParentId=self.root,
            DestinationParentId=self.units["there"],
        )
        make("EnablePolicyType", RootId=self.root, PolicyType="SERVICE_CONTROL_POLICY")
        self.policies = {name: self._policy(name) for name in ("there", "bare")}
        for target in (self.units["there"], self.accounts["there"]):
            make("AttachPolicy", PolicyId=self.policies["there"], TargetId=target)
        make("PutResourcePolicy", Content=DELEGATE % self.accounts["there"])
        for service in (SERVICE, "account.amazonaws.com"):
            make("EnableAWSServiceAccess", ServicePrincipal=service)
        make("EnableAWSServiceAccess", ServicePrincipal=OTHER_SERVICE)
        make("RegisterDelegatedAdministrator", AccountId=self.accounts["there"], ServicePrincipal=SERVICE)
        make("EnablePolicyType", RootId=self.root, PolicyType="TAG_POLICY")
        make("AttachPolicy", PolicyId=self._policy("tags", "TAG_POLICY", TAG_RULES), TargetId=self.root)
        for action, given in {
            "PutContactInformation": {"ContactInformation": CONTACT},
            "PutAlternateContact": {**ALTERNATE, "AlternateContactType": "SECURITY"},
        }.items():
            call(action, "account", **given, AccountId=self.accounts["there"])
            call(action, "account", **given)
        self.creation = msgspec.json.decode(make("ListCreateAccountStatus").body)["CreateAccountStatuses"][0]["Id"]
        invitation = make("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": OTHER})
        self.handshake = msgspec.json.decode(invitation.body)["Handshake"]["Id"]

    def _unit(self, name: str) -> str:
        made = self._make("CreateOrganizationalUnit", ParentId=self.root, Name=name)
        return str(msgspec.json.decode(made.body)["OrganizationalUnit"]["Id"])

    def _account(self, name: str) -> str:
        made = self._make("CreateAccount", Email=f"{name}@example.com", AccountName=name)
        status = self._make("DescribeCreateAccountStatus", CreateAccountRequestId=made.text("Id"))
        return str(msgspec.json.decode(status.body)["CreateAccountStatus"]["AccountId"])

    def _policy(self, name: str, kind: str = "SERVICE_CONTROL_POLICY", content: str = DENY) -> str:
        made = self._make("CreatePolicy", Name=name, Description="", Type=kind, Content=content)
        return str(msgspec.json.decode(made.body)["Policy"]["PolicySummary"]["Id"])

    def fit(self, operation: OperationModel) -> Mapping[str, Any]:
        """What an operation needs besides samples of its required members, or in their place."""
        bare, there = self.accounts["bare"], self.accounts["there"]
        cases: dict[str, Mapping[str, Any]] = {
            "AttachPolicy": {"TargetId": self.units["bare"]},
            "CloseAccount": {"AccountId": bare},
            "CreateOrganizationalUnit": {"Name": "new"},
            "CreatePolicy": {"Name": "new"},
            "DeleteOrganizationalUnit": {"OrganizationalUnitId": self.units["bare"]},
            "DeletePolicy": {"PolicyId": self.policies["bare"]},
            "DescribeEffectivePolicy": {"TargetId": there},
            "DetachPolicy": {"TargetId": self.units["there"]},
            "DisableAWSServiceAccess": {"ServicePrincipal": OTHER_SERVICE},
            "DisablePolicyType": {"PolicyType": "TAG_POLICY"},
            "EnableAWSServiceAccess": {"ServicePrincipal": "sso.amazonaws.com"},
            "EnablePolicyType": {"PolicyType": "BACKUP_POLICY"},
            "InviteAccountToOrganization": {"Target": {"Type": "ACCOUNT", "Id": ALONE}},
            "ListChildren": {"ParentId": self.root},
            "MoveAccount": {
                "AccountId": bare,
                "SourceParentId": self.root,
                "DestinationParentId": self.units["there"],
            },
            "PutResourcePolicy": {"Content": DELEGATE % there},
            "RegisterDelegatedAdministrator": {"AccountId": bare, "ServicePrincipal": OTHER_SERVICE},
            "UpdateOrganizationalUnit": {"Name": "newer"},
            "UpdatePolicy": {"Name": "newer"},
        }
        return cases.get(operation.name, {})

    def samples(self) -> dict[str, Any]:
        """Values by member where one of its type alone would not do."""
        return {
            "AccountId": self.accounts["there"],
            "AlternateContactType": "SECURITY",
            "ChildId": self.accounts["there"],
            "ContactInformation": CONTACT,
            "Content": DENY,
            "CreateAccountRequestId": self.creation,
            "Email": "new@example.com",
            "EmailAddress": "there@example.com",
            "EndTimestamp": int(time.time()) + 86_400 * 60,
            "HandshakeId": self.handshake,
            "OrganizationalUnitId": self.units["there"],
            "Id": "rt-a1b2c3d4e5",
            "Otp": "123456",
            "ParentId": self.root,
            "PhoneNumber": "+15550100",
            "PolicyId": self.policies["there"],
            "PrimaryEmail": "newer@example.com",
            "RegionName": "af-south-1",
            "ResourceId": self.accounts["there"],
            "RootId": self.root,
            "ServicePrincipal": SERVICE,
            "StandardAccountId": self.accounts["there"],
            "StartTimestamp": int(time.time()) + 86_400 * 60,
            "Tags": [{"Key": "k", "Value": "v"}],
            "TagKeys": ["k"],
            "Target": {"Type": "ACCOUNT", "Id": ACCOUNT},
            "TargetId": self.accounts["there"],
        }
