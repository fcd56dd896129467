"""Condition keys: what a request says about its caller, its resource, its parameters and its circumstances.

Keys are lower case, as the engine wants them. Sources: the pages "AWS global condition context keys" and "Actions,
resources, and condition keys for AWS IAM" / "AWS STS".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from iamd.caller.caller import Caller, CallerKind
from iamd.guard.target import Target
from iamd.store.image import Records
from iamd.store.records import Tags

Value = str | tuple[str, ...]
Context = dict[str, Value]


def principal_context(caller: Caller, records: Records) -> Context:
    """The keys that every request of one caller shares.

    Someone for whom an identity provider vouches is no principal with an ARN and an account (seen of live AWS).
    """
    if caller.kind.is_vouched_for:
        return {
            "aws:principaltype": "User",
            "aws:principalisawsservice": "false",
            "aws:viaawsservice": "false",
            "aws:userid": caller.id,
        }
    context: Context = {
        "aws:principalarn": caller.arn if caller.kind is CallerKind.FEDERATED else caller.principal_arn,
        "aws:principalaccount": caller.account_id,
        "aws:principaltype": caller.kind.value,
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
        "aws:userid": caller.user_id,
    }
    if caller.kind is CallerKind.USER:
        context["aws:username"] = caller.name
    owner = records.users.get(caller.id) or records.roles.get(caller.id)
    for key, value in owner.tags if owner else ():
        context[f"aws:principaltag/{key.lower()}"] = value
    if caller.session:
        _session_context(context, caller)
    return context


def _session_context(context: Context, caller: Caller) -> None:
    session = caller.session
    if session is None:
        return
    for key, value in session.tags:
        context[f"aws:principaltag/{key.lower()}"] = value
    context["aws:tokenissuetime"] = iso(session.issued)
    if session.source_identity:
        context["aws:sourceidentity"] = session.source_identity
    for key, brought in session.extras.items():
        context[key] = brought if isinstance(brought, str) else tuple(brought)
    if session.kind == "root":
        context["aws:assumedroot"] = "true"
    if session.delegate is not None:
        context["aws:viacustomerdomain"] = session.delegate
    if session.kind in ("role", "session-token", "sign-in", "console"):
        context["aws:multifactorauthpresent"] = "true" if session.mfa_time is not None else "false"


def request_context(caller: Caller, now: datetime, client_ip: str, secure: bool, agent: str, region: str) -> Context:
    """The keys that every request has, whatever it asks for."""
    context: Context = {
        "aws:currenttime": iso(now),
        "aws:epochtime": epoch(now),
        "aws:securetransport": "true" if secure else "false",
        "aws:sourceip": client_ip,
        "aws:requestedregion": region,
    }
    if agent:
        context["aws:useragent"] = agent
    if caller.session and caller.session.mfa_time is not None:
        context["aws:multifactorauthage"] = str(int(now.timestamp()) - caller.session.mfa_time)
    return context


def target_context(target: Target[Any]) -> Context:
    """The keys that tell about the resource."""
    context: Context = dict(target.context)
    for key, value in target.tags:
        context[f"aws:resourcetag/{key.lower()}"] = value
        context[f"iam:resourcetag/{key.lower()}"] = value
    return context


def tag_context(tags: Tags) -> Context:
    """`aws:RequestTag/*` and `aws:TagKeys` of tags in a request; of keys that collide the last one counts."""
    context: Context = {f"aws:requesttag/{key.lower()}": value for key, value in tags}
    if tags:
        context["aws:tagkeys"] = tuple(key for key, _ in tags)
    return context


# What an input member tells the policies: (service, operation prefix, member) -> context keys. The first row whose
# service, prefix and member fit a call applies.
Row = tuple[str, str, str, Callable[[Any], Mapping[str, Value]]]


def _single(key: str) -> Callable[[Any], Mapping[str, Value]]:
    return lambda value: {key: str(value)}


def _lower(key: str) -> Callable[[Any], Mapping[str, Value]]:
    return lambda value: {key: str(value).lower()}


def _many(key: str) -> Callable[[Any], Mapping[str, Value]]:
    return lambda values: {key: tuple(values)} if values else {}


def _tags(values: Any) -> Mapping[str, Value]:
    return tag_context(tuple((tag["Key"], tag["Value"]) for tag in values))


def _mapped_tags(tags: Any) -> Mapping[str, Value]:
    return tag_context(tuple(tags.items()))


def _lower_case_tags(values: Any) -> Mapping[str, Value]:
    return tag_context(tuple((tag["key"], tag["value"]) for tag in values))


def _trail_tags(values: Any) -> Mapping[str, Value]:
    return tag_context(tuple((tag["Key"], tag.get("Value", "")) for tag in values))


def _tag_map(values: Any) -> Mapping[str, Value]:
    return tag_context(tuple(values.items()))


def _namespaces(properties: Any) -> Mapping[str, Value]:
    return {"iam:accountpropertynamespaces": tuple(dict.fromkeys(key.partition("/")[0] for key in properties))}


def _template(permissions: Any) -> Mapping[str, Value]:
    arn = permissions.get("PolicyTemplateArn")
    return {} if arn is None else {"iam:templatearn": arn}


def _task_policy(descriptor: Any) -> Mapping[str, Value]:
    arn = descriptor.get("arn")
    return {} if arn is None else {"sts:taskpolicyarn": arn}


PARAMETER_KEYS: tuple[Row, ...] = (
    ("iam", "", "permissions_boundary", _single("iam:permissionsboundary")),
    ("iam", "attach_", "policy_arn", _single("iam:policyarn")),
    ("iam", "detach_", "policy_arn", _single("iam:policyarn")),
    ("iam", "create_", "aws_service_name", _single("iam:awsservicename")),
    ("iam", "put_", "properties", _namespaces),
    ("iam", "", "tags", _tags),
    ("iam", "create_service_specific", "service_name", _lower("iam:servicespecificcredentialservicename")),
    ("iam", "create_service_specific", "credential_age_days", _single("iam:servicespecificcredentialagedays")),
    ("iam", "generate_", "organizations_policy_id", _single("iam:organizationspolicyid")),
    ("iam", "create_delegation", "session_duration", _single("iam:delegationduration")),
    ("iam", "create_delegation", "permissions", _template),
    ("iam", "list_delegation", "owner_id", _single("iam:delegationrequestowner")),
    ("iam", "", "tag_keys", _many("aws:tagkeys")),
    ("accessanalyzer", "", "tags", _mapped_tags),
    ("accessanalyzer", "", "tag_keys", _many("aws:tagkeys")),
    ("cloudtrail", "", "tags_list", _trail_tags),
    ("account", "", "primary_email", lambda value: {"account:emailtargetdomain": value.rpartition("@")[2]}),
    ("account", "", "region_name", _single("account:targetregion")),
    ("account", "", "alternate_contact_type", lambda value: {"account:alternatecontacttypes": (value,)}),
    ("organizations", "", "policy_type", _single("organizations:policytype")),
    ("organizations", "create_policy", "type", _single("organizations:policytype")),
    ("organizations", "list_policies", "filter", _single("organizations:policytype")),
    ("organizations", "", "service_principal", _single("organizations:serviceprincipal")),
    ("organizations", "", "tags", _tags),
    ("organizations", "", "tag_keys", _many("aws:tagkeys")),
    ("resourcegroupstaggingapi", "", "tags", _tag_map),
    ("resourcegroupstaggingapi", "", "tag_keys", _many("aws:tagkeys")),
    ("rolesanywhere", "", "tags", _lower_case_tags),
    ("rolesanywhere", "", "tag_keys", _many("aws:tagkeys")),
    ("sso-admin", "", "tags", _tags),
    ("sso-admin", "", "tag_keys", _many("aws:tagkeys")),
    ("sts", "", "tags", _tags),
    ("sts", "", "transitive_tag_keys", _many("sts:transitivetagkeys")),
    ("sts", "", "external_id", _single("sts:externalid")),
    ("sts", "assume_role", "role_session_name", _single("sts:rolesessionname")),
    ("sts", "", "source_identity", _single("sts:sourceidentity")),
    ("sts", "get_web", "audience", _many("sts:identitytokenaudience")),
    ("sts", "get_web", "signing_algorithm", _single("sts:signingalgorithm")),
    ("sts", "get_web", "duration_seconds", _single("sts:durationseconds")),
    ("sts", "assume_root", "task_policy_arn", _task_policy),
)

# Operations on a user or role that see the boundary which it has (`iam:PermissionsBoundary`), as the service
# authorization reference lists them; those that are given a boundary see that one.
SEES_TARGET_BOUNDARY = frozenset(
    f"{verb}_{noun}"
    for verb, nouns in {
        "attach": ("role_policy", "user_policy"),
        "detach": ("role_policy", "user_policy"),
        "put": ("role_policy", "user_policy"),
        "delete": ("role", "role_policy", "user_policy", "role_permissions_boundary", "user_permissions_boundary"),
        "get": ("role",),
        "update": ("role", "role_description", "assume_role_policy"),
    }.items()
    for noun in nouns
)


def parameter_keys(service: str, operation: str, members: frozenset[str]) -> tuple[Row, ...]:
    """The rows that apply to an operation with those input members."""
    return tuple(
        row for row in PARAMETER_KEYS if row[0] == service and operation.startswith(row[1]) and row[2] in members
    )


@lru_cache(maxsize=256)
def iso(moment: datetime) -> str:
    """ISO 8601 to the second, as AWS writes `aws:CurrentTime`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=256)
def epoch(moment: datetime) -> str:
    """Seconds since 1970."""
    return str(int(moment.timestamp()))
