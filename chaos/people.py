"""Who is allowed and denied, how one asks, and what is made for them before anything breaks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import Credentials

from chaos.client import Answer, Client
from chaos.history import Register
from chaos.noting import Asked
from chaos.requests import Request, get_object, iam, question, sts

USED = ("iam:GetUser", "s3:GetObject")  # what persons are allowed, or denied
_GIVEN = re.compile(rb'"Credentials": ?({[^}]*})')
_ROLE_OF_ACCOUNTS = "OrganizationAccountAccessRole"


@dataclass(slots=True)
class Person:
    """Who is allowed or denied. `entry` is who makes sessions of theirs, by which request; `apart` says that they are of
    another account, and `thing` is the ARN or id of what the means is about."""

    name: str
    arn: str
    key: Credentials
    register: Register
    means: str
    asker: Credentials
    entry: tuple[Credentials, Request]
    session: Credentials | None = None
    apart: bool = False
    thing: str = ""

    @property
    def account(self) -> str:
        """The id of the account that they are of."""
        return self.arn.split(":")[4]

    def enter(self, client: Client) -> Answer:
        """Begin a session."""
        key, request = self.entry
        answer = client.send(key, request, apart=self.apart)
        found = _GIVEN.search(answer.body) if answer.status == 200 else None
        if found is not None:
            given = json.loads(found[1])
            self.session = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return answer

    def asked(self, request: Request, key: Credentials, *, fresh: bool = False) -> Asked:
        """A question about this person."""
        return Asked(request, key, fresh and not self.apart, self.apart)


Way = Callable[[Person], Asked | None]


def by_key(person: Person) -> Asked:
    """A signed request."""
    return person.asked(iam("GetUser"), person.key, fresh=True)


def by_question(person: Person) -> Asked:
    """The authorization API is asked about the person."""
    return person.asked(question(person.arn, "iam:GetUser", person.arn), person.asker)


def by_gateway(person: Person) -> Asked:
    """A request through the gateway."""
    return person.asked(get_object(person.name), person.key)


def by_session(person: Person) -> Asked | None:
    """A request through the gateway of a session that began before."""
    return None if person.session is None else person.asked(get_object(person.name), person.session)


def by_role(person: Person) -> Asked | None:
    if person.session is None:
        return None
    return person.asked(iam("GetUser", UserName=person.name), person.session, fresh=True)


def by_assuming(person: Person) -> Asked:
    return person.asked(sts("AssumeRole", RoleArn=person.thing, RoleSessionName="chaos"), person.key, fresh=True)


def by_asking_for_role(person: Person) -> Asked:
    return person.asked(question(person.arn, "sts:AssumeRole", person.thing), person.asker)


def by_asking_for_object(person: Person) -> Asked:
    return person.asked(question(person.arn, "s3:GetObject", f"arn:aws:s3:::{person.name}/key"), person.asker)


class Setup:
    """Makes what means need, at a server at that address, which may be a `gateway`: see `person`."""

    def __init__(self, endpoint: str, root: Credentials, *, gateway: bool) -> None:
        self._endpoint, self._root, self._gateway = endpoint, root, gateway
        self.iam = self.client("iam", root)
        self.visitor_arn, self.visitor = self._user(self.iam, "visitor", ("sts:AssumeRole", "iam:GetUser"))
        self._denying = ""
        self._root_of_organization = ""

    def client(self, service: str, key: Credentials) -> Any:
        """A client of boto3."""
        return boto3.client(
            service,
            endpoint_url=self._endpoint,
            region_name="us-east-1",
            aws_access_key_id=key.access_key,
            aws_secret_access_key=key.secret_key,
            aws_session_token=key.token,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def person(self, name: str, means: str, register: Register, *, granted: bool, apart: bool) -> Person:
        """Somebody, to whom what is used is granted by a policy of their own or not, in this account or apart."""
        actions = USED if granted else ()
        at = self._account(name) if apart else self.iam
        arn, key = self._user(at, name, [*actions, "iamd:Evaluate"] if apart else actions)
        asker = key if apart else self._root
        return Person(name, arn, key, register, means, asker, (key, sts("GetSessionToken")), apart=apart)

    def role(self, name: str, trusted: str, actions: Sequence[str] = ()) -> str:
        """The ARN of a role that this principal may assume."""
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(trusted, allows=True))
        if actions:
            self.iam.put_role_policy(RoleName=name, PolicyName="base", PolicyDocument=document(actions))
        return str(made["Role"]["Arn"])

    @property
    def denying(self) -> str:
        """The ARN of a managed policy that denies."""
        if not self._denying:
            made = self.iam.create_policy(PolicyName="denying", PolicyDocument=document(USED, allows=False))
            self._denying = made["Policy"]["Arn"]
        return self._denying

    def put_bucket_policy(self, bucket: str, policy: str) -> None:
        """Through the gateway, if there is one."""
        if self._gateway:
            self.client("s3", self._root).put_bucket_policy(Bucket=bucket, Policy=policy)

    def organizations(self) -> Any:
        """Organizations, as the management account."""
        return self.client("organizations", self._root)

    def control_policy(self, name: str, content: str) -> str:
        """The id of a service control policy."""
        made = self.organizations().create_policy(
            Name=name, Description="", Type="SERVICE_CONTROL_POLICY", Content=content
        )
        return str(made["Policy"]["PolicySummary"]["Id"])

    def _account(self, name: str) -> Any:
        """IAM of a new account of the organization."""
        api = self.organizations()
        if not self._root_of_organization:
            api.create_organization(FeatureSet="ALL")
            self._root_of_organization = api.list_roots()["Roots"][0]["Id"]
            api.enable_policy_type(RootId=self._root_of_organization, PolicyType="SERVICE_CONTROL_POLICY")
        begun = api.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["Id"]
        made = api.describe_create_account_status(CreateAccountRequestId=begun)["CreateAccountStatus"]["AccountId"]
        given = self.client("sts", self.visitor).assume_role(
            RoleArn=f"arn:aws:iam::{made}:role/{_ROLE_OF_ACCOUNTS}", RoleSessionName="chaos"
        )["Credentials"]
        session = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return self.client("iam", session)

    def _user(self, at: Any, name: str, actions: Sequence[str]) -> tuple[str, Credentials]:
        made = at.create_user(UserName=name)["User"]["Arn"]
        if actions:
            at.put_user_policy(UserName=name, PolicyName="base", PolicyDocument=document(actions))
        key = at.create_access_key(UserName=name)["AccessKey"]
        return made, Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def document(actions: Sequence[str], *, allows: bool = True, sid: str = "used", **more: Any) -> str:
    """A policy of one statement."""
    statement = {"Sid": sid, "Effect": "Allow" if allows else "Deny", "Action": list(actions), "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(arn: str, *, allows: bool) -> str:
    """A role's trust policy about this principal."""
    effect = "Allow" if allows else "Deny"
    statement = {"Effect": effect, "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
