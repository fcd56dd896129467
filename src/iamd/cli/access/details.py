"""The account that `aws iam get-account-authorization-details` prints, as records.

Policies are taken as they are, whatever AWS would say to them today; what cannot be evaluated is refused. AWS managed
policies are those of iamd's reference: `strangers` and `others` tell where the account's differ.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from iamd.cli import Failure
from iamd.policy import Kind, MalformedPolicy, load
from iamd.policy.arns import account_of
from iamd.reference import managed
from iamd.store import Records
from iamd.store.collection import Collection
from iamd.store.records import (
    Attachment,
    Group,
    InlinePolicy,
    InstanceProfile,
    ManagedPolicy,
    Membership,
    PolicyVersion,
    Role,
    Tags,
    User,
)

SECTIONS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
_AWS = "arn:aws:iam::aws:policy/"


@dataclass(slots=True)
class Details:
    """An account to import. `strangers` are AWS managed policies that the reference does not have, which allow nothing
    here; `others` those that it has in another version."""

    account_id: str
    records: list[Any]
    strangers: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def put(self, records: Records) -> None:
        """Add everything to an account's records."""
        collections: dict[type[Any], Collection[Any]] = {
            User: records.users,
            Group: records.groups,
            Role: records.roles,
            ManagedPolicy: records.policies,
            PolicyVersion: records.versions,
            InlinePolicy: records.inline,
            Attachment: records.attachments,
            Membership: records.memberships,
            InstanceProfile: records.profiles,
        }
        for record in self.records:
            collections[type(record)].add(record)


def read_details(found: Any) -> Details:
    """The account that a JSON value describes; raises Failure."""
    if not isinstance(found, dict) or not any(isinstance(found.get(name), list) for name in SECTIONS):
        raise Failure("this is not what `aws iam get-account-authorization-details` prints")
    if found.get("IsTruncated"):
        raise Failure("the account is cut off: let the AWS CLI read all pages")
    sections = [entity for name in SECTIONS for entity in found.get(name) or []]
    ids = {account_of(str(entity.get("Arn"))) for entity in sections if isinstance(entity, dict)} - {None}
    if len(ids) != 1:
        raise Failure("there must be entities of just one account in it")
    try:
        reader = _Reader(str(ids.pop()), found)
        return Details(reader.account_id, list(reader.records()), reader.strangers(), reader.others())
    except KeyError as error:
        raise Failure(f"an entity has no {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise Failure(f"an entity is not as AWS prints it: {error}") from error


class _Reader:
    def __init__(self, account_id: str, found: Mapping[str, Any]) -> None:
        self.account_id = account_id
        self.users, self.groups, self.roles, self.policies = (found.get(name) or [] for name in SECTIONS)
        self.ids = {each["Arn"]: each["UserId"] for each in self.users}
        self.ids |= {each["Arn"]: each["RoleId"] for each in self.roles}

    def records(self) -> Iterator[Any]:
        for policy in self.policies:
            if not policy["Arn"].startswith(_AWS):
                yield from self._policy(policy)
        groups = {each["GroupName"]: each["GroupId"] for each in self.groups}
        for each in self.groups:
            created = _time(each["CreateDate"])
            yield Group(self.account_id, each["GroupId"], each["GroupName"], each["Path"], created)
            yield from self._held(each, each["GroupId"], "GroupPolicyList", created)
        for each in self.users:
            id_, created = each["UserId"], _time(each["CreateDate"])
            yield User(
                self.account_id, id_, each["UserName"], each["Path"], created, _boundary(each), _tags(each)
            )  # fmt: skip
            yield from self._held(each, id_, "UserPolicyList", created)
            for name in each.get("GroupList") or []:
                yield Membership(self.account_id, groups[name], id_, created)
        profiles: dict[str, InstanceProfile] = {}
        for each in self.roles:
            yield self._role(each)
            yield from self._held(each, each["RoleId"], "RolePolicyList", _time(each["CreateDate"]))
            for profile in each.get("InstanceProfileList") or []:
                profiles[profile["InstanceProfileId"]] = self._profile(profile, each["RoleId"])
        yield from profiles.values()

    def strangers(self) -> list[str]:
        """The AWS managed policies in use that the reference does not have."""
        return sorted(arn for arn in self._attached() if arn.startswith(_AWS) and managed.get(arn) is None)

    def others(self) -> list[str]:
        """The AWS managed policies in use whose version in the reference is another one."""
        known = ((each["Arn"], each.get("DefaultVersionId"), managed.get(each["Arn"])) for each in self.policies)
        return sorted(arn for arn, version, ours in known if ours is not None and ours.default_version != version)

    def _attached(self) -> set[str]:
        holders = (*self.users, *self.groups, *self.roles)
        found = {each["PolicyArn"] for holder in holders for each in holder.get("AttachedManagedPolicies") or []}
        return found | {boundary for holder in holders if (boundary := _boundary(holder)) is not None}

    def _policy(self, policy: Mapping[str, Any]) -> Iterator[Any]:
        id_, name = policy["PolicyId"], policy["PolicyName"]
        created, updated = _time(policy["CreateDate"]), _time(policy.get("UpdateDate") or policy["CreateDate"])
        numbers = [int(version["VersionId"][1:]) for version in policy["PolicyVersionList"]]
        default = int(policy["DefaultVersionId"][1:])
        if default not in numbers:
            raise Failure(f"policy {name} comes without its default version")
        yield ManagedPolicy(
            self.account_id,
            id_,
            name,
            policy["Path"],
            created,
            updated,
            default,
            max(numbers),
            policy.get("Description"),
        )
        for number, version in zip(numbers, policy["PolicyVersionList"], strict=True):
            text = _document(version["Document"], Kind.IDENTITY, f"{name} v{number}")
            yield PolicyVersion(self.account_id, id_, number, text, _time(version["CreateDate"]))

    def _held(self, holder: Mapping[str, Any], id_: str, inline: str, created: datetime) -> Iterator[Any]:
        """What a user, group or role has: inline and attached policies."""
        for each in holder.get(inline) or []:
            name = each["PolicyName"]
            yield InlinePolicy(self.account_id, id_, name, _document(each["PolicyDocument"], Kind.IDENTITY, name))
        for each in holder.get("AttachedManagedPolicies") or []:
            yield Attachment(self.account_id, id_, each["PolicyArn"], created)

    def _role(self, role: Mapping[str, Any]) -> Role:
        text = _document(role["AssumeRolePolicyDocument"], Kind.TRUST, f"trust policy of {role['RoleName']}")
        document = json.loads(text)
        if isinstance(document["Statement"], dict):  # as a role keeps it
            document["Statement"] = [document["Statement"]]
        trusted = {arn: self.ids[arn] for arn in _principals(document) if arn in self.ids}
        return Role(
            self.account_id,
            role["RoleId"],
            role["RoleName"],
            role["Path"],
            _time(role["CreateDate"]),
            json.dumps(document, ensure_ascii=False, separators=(",", ":")),
            tuple(trusted.items()),
            boundary=_boundary(role),
            tags=_tags(role),
        )

    def _profile(self, profile: Mapping[str, Any], role_id: str) -> InstanceProfile:
        name, created = profile["InstanceProfileName"], _time(profile["CreateDate"])
        return InstanceProfile(self.account_id, profile["InstanceProfileId"], name, profile["Path"], created, role_id)


def _principals(document: Mapping[str, Any]) -> Iterator[str]:
    """The AWS principals that a trust policy names."""
    for statement in document["Statement"]:
        for name in ("Principal", "NotPrincipal"):
            element = statement.get(name)
            listed = element.get("AWS", []) if isinstance(element, dict) else []
            yield from [listed] if isinstance(listed, str) else listed


def _document(document: Any, kind: Kind, name: str) -> str:
    """A document's text: the CLI prints it as JSON, the API as percent-encoded text."""
    text = unquote(document) if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    try:
        load(text, kind)
    except MalformedPolicy as error:
        raise Failure(f"policy {name}: {error.problems[0]}") from None
    return text


def _boundary(holder: Mapping[str, Any]) -> str | None:
    boundary = holder.get("PermissionsBoundary")
    return None if boundary is None else str(boundary["PermissionsBoundaryArn"])


def _tags(holder: Mapping[str, Any]) -> Tags:
    return tuple((tag["Key"], tag["Value"]) for tag in holder.get("Tags") or [])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
