"""Applications: made, described, changed, deleted. What they may do is in `application_grants`, who may use them in
`application_assignments`.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateApplication.html and its neighbours
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.sso_admin import quotas
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.application_providers import CUSTOM, existing_provider
from iamd.services.sso_admin.center import Center, administers, also_at, also_instance, at, visible_instance
from iamd.services.sso_admin.held_applications import HeldApplication, existing_application
from iamd.services.sso_admin.paging import page
from iamd.services.sso_admin.tag_rules import merged
from iamd.store.kinds.identity_applications import Application
from iamd.store.records import PARTITION
from iamd.wire.errors import AccessDenied, ValidationException
from iamd.wire.identity_errors import ConflictException

Options = Mapping[str, Any]


def new_application(call: Call, *, instance_arn: str) -> Target[Center]:
    """What is made is decided on as any application of the instance, for it has no id yet."""
    target = visible_instance(call, instance_arn=instance_arn)
    if target.missing is not None:
        return target
    arn = f"arn:{PARTITION}:sso::{call.account_id}:application/{target.value.instance.id}/*"
    return at(target.value, arn, target.value, (), **{"sso:applicationaccount": call.account_id})


def listed_instance(call: Call, *, instance_arn: str) -> Target[Center]:
    """The instance whose applications are listed; the action has no resource."""
    return structs.replace(visible_instance(call, instance_arn=instance_arn), arn="*", tags=())


def also_provider(call: Call, center: Center) -> Iterator[Ask]:
    """The same action on the instance and on the provider."""
    yield also_instance(call, center)
    yield also_at(call, center, call.params["application_provider_arn"])


def status(enabled: bool) -> str:
    return "ENABLED" if enabled else "DISABLED"


def view(center: Center, application: Application) -> dict[str, Any]:
    """An application as it is shown everywhere."""
    return {
        "ApplicationArn": application.arn,
        "ApplicationProviderArn": application.provider_arn,
        "Name": application.name,
        "ApplicationAccount": application.owner_id,
        "InstanceArn": center.instance.arn,
        "IdentityStoreArn": center.instance.store_arn,
        "Status": status(application.enabled),
        "PortalOptions": json.loads(application.portal),
        "Description": application.description,
        "CreatedDate": application.created,
        "CreatedFrom": application.region,
    }


def _portal(present: Options, given: Options | None) -> str:
    """The options for the access portal after a change, as they are stored."""
    options = {"Visibility": "ENABLED", **present, **(given or {})}
    sign_in = options.get("SignInOptions", {})
    if sign_in.get("Origin") == "APPLICATION" and "ApplicationUrl" not in sign_in:
        raise ValidationException("ApplicationUrl is required when Origin is APPLICATION.")
    return json.dumps(options, ensure_ascii=False, separators=(",", ":"))


@sso_admin.operation(on=new_application, also=also_provider)
def create_application(
    call: Call,
    center: Center,
    *,
    application_provider_arn: str,
    name: str,
    description: str | None = None,
    portal_options: Options | None = None,
    tags: list[dict[str, str]] | None = None,
    status: str = "ENABLED",
    client_token: str | None = None,
) -> Reply:
    """Make an OAuth 2.0 application. Those of SAML 2.0 are not made by the API on AWS, either."""
    provider = existing_provider(call, application_provider_arn=application_provider_arn)
    if provider.missing is not None:
        raise provider.missing
    if application_provider_arn != CUSTOM:
        raise ValidationException(f"Applications of {application_provider_arn} are not made by this API.")
    made = Application(
        account_id=center.instance.account_id,
        id=f"apl-{secrets.token_hex(8)}",
        instance_id=center.instance.id,
        owner_id=call.account_id,
        provider_arn=application_provider_arn,
        name=name,
        created=call.now,
        region=call.region,
        description=description,
        enabled=status == "ENABLED",
        portal=_portal({}, portal_options),
        client_token=client_token,
        tags=merged((), tags),
    )
    told = view(center, _added(center, made))
    return {key: told[key] for key in ("ApplicationArn", "InstanceArn", "IdentityStoreArn")}


def _added(center: Center, made: Application) -> Application:
    """The application, added, or the one that the same client token has made before. Raises ConflictException."""
    applications, token = center.records.applications, made.client_token
    found: Sequence[Application] = () if token is None else applications.where("token", token)
    if not found:
        quotas.check(len(applications), quotas.APPLICATIONS, "applications")
        added: Application = applications.add(made)
        return added
    if (found[0].owner_id, found[0].name) != (made.owner_id, made.name):
        raise ConflictException("The client token was used with other parameters.")
    return found[0]


@sso_admin.operation(on=existing_application)
def describe_application(call: Call, held: HeldApplication) -> Reply:
    """The application of that ARN."""
    return view(held.center, held.application)


@sso_admin.operation(on=listed_instance)
def list_applications(
    call: Call,
    center: Center,
    *,
    max_results: int | None = None,
    next_token: str | None = None,
    filter: Mapping[str, str] | None = None,
) -> Reply:
    """List an instance's applications; who does not administer the instance asks for its own account's."""
    given = filter or {}
    account_id, provider = given.get("ApplicationAccount"), given.get("ApplicationProvider")
    if not administers(call, center) and account_id != call.account_id:
        raise AccessDenied("Filter by your own ApplicationAccount to list applications of this instance.")
    found = [
        each
        for each in center.records.applications
        if account_id in (None, each.owner_id) and provider in (None, each.provider_arn)
    ]
    return page("Applications", found, lambda each: each.id, lambda each: view(center, each), next_token, max_results)


@sso_admin.operation(on=existing_application)
def update_application(
    call: Call,
    held: HeldApplication,
    *,
    name: str | None = None,
    description: str | None = None,
    status: str | None = None,
    portal_options: Options | None = None,
) -> Reply:
    """Change what is given; the rest stays."""
    present = held.application
    held.replaced(
        name=name or present.name,
        description=description or present.description,
        enabled=present.enabled if status is None else status == "ENABLED",
        portal=_portal(json.loads(present.portal), portal_options),
    )
    return {}


@sso_admin.operation(on=existing_application)
def delete_application(call: Call, held: HeldApplication) -> Reply:
    """Delete an application and its assignments."""
    records = held.center.records
    for assignment in records.application_assignments.where("application", held.application.id):
        records.application_assignments.remove(assignment)
    records.applications.remove(held.application)
    return {}


@sso_admin.operation(on=existing_application)
def put_application_session_configuration(
    call: Call, held: HeldApplication, *, user_background_session_application_status: str | None = None
) -> Reply:
    """Let users' sessions of the application go on when they have signed out, or not."""
    if user_background_session_application_status is not None:
        held.replaced(background_sessions=user_background_session_application_status == "ENABLED")
    return {}


@sso_admin.operation(on=existing_application)
def get_application_session_configuration(call: Call, held: HeldApplication) -> Reply:
    """Whether users' sessions go on when they have signed out."""
    return {"UserBackgroundSessionApplicationStatus": status(held.application.background_sessions)}
