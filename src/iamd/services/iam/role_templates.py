"""Role templates: roles that AWS describes, and that are made, or found again, by their template's ARN.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_role-manager.html; what makes a role another's, or
modified, as seen of live AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.context import target_context
from iamd.guard.target import Target, found
from iamd.reference import role_templates
from iamd.reference.role_templates import RoleTemplate
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.attachments import attach_role_policy
from iamd.services.iam.documents import encoded
from iamd.services.iam.inline_policies import put_role_policy
from iamd.services.iam.role_rendering import Rendering, Values, render, same
from iamd.services.iam.roles import create_role, existing_role, outline
from iamd.services.iam.trust import rendered
from iamd.store.kinds.managed_roles import RoleSource
from iamd.store.records import Role, iam_arn
from iamd.wire import validate
from iamd.wire.errors import NameConflict, NoSuchEntity, RoleModified

# The account that AWS keeps its templates in, as `aws:ResourceAccount` tells it.
OWNER = {"aws:resourceaccount": "639982225848"}

Given = Mapping[str, Mapping[str, list[str]]]  # `ReplacementValues`


def template_to_read(call: Call, *, template_arn: str, minor_version: int | None = None) -> Target[RoleTemplate]:
    return _target(template_arn, minor_version, f"role-template {template_arn}")


def template_to_use(
    call: Call, *, template_arn: str, template_minor_version: int | None = None
) -> Target[RoleTemplate]:
    return _target(template_arn, template_minor_version, f"role template {template_arn}")


def _target(arn: str, minor_version: int | None, label: str) -> Target[Any]:
    template = role_templates.get(arn, minor_version)
    unknown = NoSuchEntity(f"Role template not found in repository: {arn}") if template is None else None
    return Target(arn, template, label, missing=unknown, context=OWNER)


@iam.operation(on=template_to_read)
def get_role_template_version(call: Call, template: RoleTemplate) -> Reply:
    """Describe a template."""
    trust = _encoded(template["AssumeRolePolicyDocumentTemplate"])
    inline = [
        {"PolicyName": policy["PolicyName"], "PolicyDocument": _encoded(policy["PolicyDocument"])}
        for policy in template.get("InlinePolicyTemplates", ())
    ]
    documents = {"AssumeRolePolicyDocumentTemplate": trust, "InlinePolicyTemplates": inline or None}
    return {"RoleTemplateVersion": {**template, **documents}}


def _encoded(document: Mapping[str, Any]) -> str:
    return encoded(json.dumps(document, separators=(",", ":")))


def _values(given: Given | None) -> Values:
    return {name: entry["Values"] for name, entry in (given or {}).items()}


def _arn(call: Call, made: Rendering) -> str:
    return iam_arn(call.account_id, f"role{made.path}{made.name}")


def parts(call: Call, template: RoleTemplate) -> Iterator[Ask]:
    """What acquiring a role takes besides reading its template: to read the role, or to do all that makes it."""
    made = render(template, _values(call.params.get("replacement_values")))
    arn, label = _arn(call, made), f"role/{made.name}"
    context = {"iam:roletemplatearn": template["TemplateArn"]}
    role = call.records.roles.named(made.name)
    if role is not None:
        seen = {**target_context(found(role)), **context}
        yield Ask("iam:GetRole", role.arn, call.account_id, label, context=seen)
        return
    yield Ask("iam:CreateRole", arn, call.account_id, context=context)
    for policy_arn in made.managed:
        seen = {**context, "iam:policyarn": policy_arn}
        yield Ask("iam:AttachRolePolicy", arn, call.account_id, label, context=seen)
    if made.inline:
        yield Ask("iam:PutRolePolicy", arn, call.account_id, label, context=context)


# There is no permission of the operation's own name.
@iam.operation(on=template_to_use, also=parts, action="GetRoleTemplateVersion")
def acquire_role(call: Call, template: RoleTemplate, *, replacement_values: Given | None = None) -> Reply:
    """Make the role that a template describes, or find the one that was made of it in the same way.

    Raises NameConflict for a role of that name from elsewhere, RoleModified for one that has been changed, but for its
    description and longest session; and what making a role, attaching and putting its policies raise.
    """
    values = _values(replacement_values)
    made = render(template, values)
    role = call.records.roles.named(made.name)
    if role is None:
        role = _make(call, template, made, values)
    else:
        _check(call, template, made, role)
    return {"Role": outline(role, rendered(role, call.realm))}


def _make(call: Call, template: RoleTemplate, made: Rendering, values: Values) -> Role:
    given: dict[str, Any] = {
        "role_name": made.name,
        "path": made.path,
        "assume_role_policy_document": made.trust,
        "description": made.description,
        "max_session_duration": made.max_session,
    }
    validate.check(iam.model.operations["CreateRole"], given)
    create_role(call, _arn(call, made), **given)
    role = existing_role(call, role_name=made.name).value
    for policy_arn in made.managed:
        attach_role_policy(call, role, policy_arn=policy_arn)
    for name, document in made.inline:
        put_role_policy(call, role, policy_name=name, policy_document=document)
    arn, minor_version = template["TemplateArn"], template["MinorVersion"]
    call.records.role_sources.add(RoleSource(call.account_id, role.id, arn, minor_version, json.dumps(values)))
    return role


def _check(call: Call, template: RoleTemplate, made: Rendering, role: Role) -> None:
    """Whether the role of that name is what the template made with these values, and still is so."""
    source = call.records.role_sources.get(role.id)
    if source is None or source.template_arn != template["TemplateArn"]:
        raise NameConflict(
            "A role with this name already exists in the account but was not created from this template. "
            "Choose a different role name, or remove the existing role if it is no longer needed."
        )
    if render(template, json.loads(source.given)) != made:
        raise NameConflict(
            "A role with this name exists but was created with different parameters. "
            "Pass a unique roleName to create a new role."
        )
    if not _unmodified(call, made, role):
        raise RoleModified(f"Role {role.name} has been modified since it was created and is no longer managed.")


def _unmodified(call: Call, made: Rendering, role: Role) -> bool:
    records = call.records
    attached = {attachment.policy_arn for attachment in records.attachments.where("owner", role.id)}
    inline = {policy.name: policy.document for policy in records.inline.where("owner", role.id)}
    return (
        not role.tags
        and role.boundary is None
        and attached == set(made.managed)
        and inline.keys() == dict(made.inline).keys()
        and all(same(document, inline[name]) for name, document in made.inline)
        and same(made.trust, rendered(role, call.realm))
    )
