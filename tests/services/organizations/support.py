"""What the tests of organizations do again and again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.live import Live

ACCESS_ROLE = "OrganizationAccountAccessRole"


@dataclass
class Org:
    """An organization: its server, a client of its management account, its id and its root's."""

    server: Live
    client: Any
    id: str
    root: str

    def unit(self, name: str, parent: str | None = None) -> str:
        made = self.client.create_organizational_unit(ParentId=parent or self.root, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def account(self, name: str, parent: str | None = None) -> str:
        """Make an account, and move it to the parent."""
        begun = self.client.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]
        done = self.client.describe_create_account_status(CreateAccountRequestId=begun["Id"])["CreateAccountStatus"]
        assert done["State"] == "SUCCEEDED", done
        if parent is not None:
            self.move(done["AccountId"], self.root, parent)
        return str(done["AccountId"])

    def move(self, account: str, source: str, destination: str) -> None:
        self.client.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)

    def policy(self, name: str, *statements: dict[str, Any], kind: str = "SERVICE_CONTROL_POLICY") -> str:
        """Make a policy; returns its id."""
        content = document(*statements)
        made = self.client.create_policy(Type=kind, Name=name, Description="", Content=content)
        return str(made["Policy"]["PolicySummary"]["Id"])

    def attach(self, policy: str, target: str) -> None:
        self.client.attach_policy(PolicyId=policy, TargetId=target)

    def detach(self, policy: str, target: str) -> None:
        self.client.detach_policy(PolicyId=policy, TargetId=target)

    def enter(self, admin: Callable[[str], Any], account: str) -> Callable[[str], Any]:
        """Clients in an account, by the role that the management account has there."""
        arn = f"arn:aws:iam::{account}:role/{ACCESS_ROLE}"
        key = admin("sts").assume_role(RoleArn=arn, RoleSessionName="visit")["Credentials"]
        return lambda service: self.server.client(service, key)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str | None]:
    """Code and reason of a refusal."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response.get("Reason")
    raise AssertionError("it was allowed")
