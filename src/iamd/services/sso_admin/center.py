"""Which instance of IAM Identity Center a call is about, and who administers it.

An account has at most one. That of a management account is its organization's: all member accounts see it, and one that
is registered as delegated administrator of the service administers it, too. Those of other accounts are for themselves.
https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-instances.html
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.context import Context
from iamd.guard.target import Target
from iamd.reference import linked_roles
from iamd.services.call import Call
from iamd.services.iam.service_linked_roles import linked_role
from iamd.store.image import Records
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.records import PARTITION, Tags, iam_arn
from iamd.wire.errors import AccessDenied, ServiceUnavailable

SERVICE = "sso.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Center:
    """An instance, and the records of the account that owns it, which hold all that belongs to it."""

    instance: IdentityCenter
    records: Records

    @property
    def is_organizational(self) -> bool:
        """Whether it is an organization's, for all of its accounts."""
        return self.records.account.organization == self.records.account_id

    @property
    def regions(self) -> tuple[str, ...]:
        return (self.instance.region, *(name for name, _ in self.instance.more_regions))

    def arn(self, kind: str, id: str) -> str:
        """The ARN of a thing of the instance that has no account in it."""
        return f"arn:{PARTITION}:sso:::{kind}/{self.instance.id}/{id}"


def _own(records: Records) -> Iterator[Center]:
    for instance in records.identity_centers:
        yield Center(instance, records)


def _organization(call: Call) -> Records | None:
    """The records of the management account above the caller's; they may be changed where the operation may."""
    management_id = call.records.account.organization
    if management_id is None or management_id == call.account_id:
        return None
    records = call.realm.records(management_id) if call.change is None else call.others(management_id)
    if records is None:
        raise ServiceUnavailable()
    return records


def visible(call: Call) -> list[Center]:
    """The instances that the caller's account sees: its own, and that of its organization."""
    above = _organization(call)
    return [*_own(call.records), *(() if above is None else _own(above))]


def administered(call: Call) -> list[Center]:
    """The instances that the caller's account administers: its own, and its organization's where it is its delegate."""
    above = _organization(call)
    if above is None or above.delegated_administrators.get(f"{call.account_id}/{SERVICE}") is None:
        return list(_own(call.records))
    return [*_own(call.records), *_own(above)]


def administers(call: Call, center: Center) -> bool:
    """Whether the caller's account administers an instance."""
    return any(each.instance.id == center.instance.id for each in administered(call))


def context_of(center: Center, **more: str) -> dict[str, str]:
    """The condition keys that every resource of an instance has."""
    return {
        "aws:resourceaccount": center.instance.account_id,
        "sso:primaryregion": center.instance.region,
        **more,
    }


def at(center: Center, arn: str, value: Any, tags: Tags = (), **more: str) -> Target[Any]:
    """A resource of an instance as a target. Delegates need no policy of the account that owns the instance."""
    return Target(arn, value, tags=tags, context=context_of(center, **more))


def refused(call: Call, arn: str) -> Target[Any]:
    """The target of a call about an instance that is not there for the caller: AWS does not tell whether it exists."""
    said = f"User: {call.caller.arn} is not authorized to perform: {call.operation.action} on resource: {arn}"
    return Target(arn, None, missing=AccessDenied(said))


def find_center(call: Call, instance_arn: str) -> Center | None:
    """The administered instance with that ARN."""
    return next((center for center in administered(call) if center.instance.arn == instance_arn), None)


def existing_instance(call: Call, *, instance_arn: str) -> Target[Center]:
    """The instance that the caller administers."""
    center = find_center(call, instance_arn)
    return refused(call, instance_arn) if center is None else on_instance(center)


def visible_instance(call: Call, *, instance_arn: str) -> Target[Center]:
    """The instance that the caller sees."""
    center = next((center for center in visible(call) if center.instance.arn == instance_arn), None)
    return refused(call, instance_arn) if center is None else on_instance(center)


def on_instance(center: Center) -> Target[Center]:
    return at(center, center.instance.arn, center, center.instance.tags)


def also_at(call: Call, center: Center, arn: str, tags: Tags = ()) -> Ask:
    """The same action on something else that an instance has to do with."""
    context: Context = dict(context_of(center))
    return Ask(call.operation.action, arn, call.account_id, context=context, tags=tags)


def also_instance(call: Call, center: Center) -> Ask:
    """The same action on the instance, where the target is a thing of it."""
    return also_at(call, center, center.instance.arn, center.instance.tags)


def also_on_instance(call: Call, center: Center) -> Iterator[Ask]:
    """The same where there is the instance alone."""
    yield also_instance(call, center)


def offer(records: Records, region: str, now: datetime) -> IdentityCenter:
    """Make an account's instance, empty; nothing else of the account changes before it is used. Permission sets are
    there at once but in member accounts, where UpdateInstance enables them."""
    organization = records.account.organization
    instance: IdentityCenter = records.identity_centers.add(
        IdentityCenter(
            account_id=records.account_id,
            id=f"ssoins-{secrets.token_hex(8)}",
            store_id=f"d-{secrets.token_hex(5)}",
            region=region,
            created=now,
            permission_sets=organization in (None, records.account_id),
        )
    )
    return instance


def take(records: Records, region: str, now: datetime, name: str = "", tags: Tags = ()) -> IdentityCenter:
    """Make an account's instance, or take the one that is offered, with the role of the service."""
    present = records.identity_centers.get(records.account_id)
    is_new = link(records, now)
    instance = present or offer(records, region, now)
    changed: IdentityCenter = records.identity_centers.replace(
        instance, region=region if is_new else instance.region, name=name or instance.name, tags=tags or instance.tags
    )
    return changed


def to_link(records: Records) -> Iterator[Ask]:
    """What must be allowed to who has the role of the service made, where an account has none."""
    linked = linked_roles.get(SERVICE)
    if linked is not None and records.roles.named(linked.name) is None:
        arn = iam_arn(records.account_id, f"role{linked.path}{linked.name}")
        yield Ask("iam:CreateServiceLinkedRole", arn, records.account_id, context={"iam:awsservicename": SERVICE})


def link(records: Records, now: datetime) -> bool:
    """Make the role of the service in an account that has none; whether it had none."""
    linked = linked_roles.get(SERVICE)
    if linked is None or records.roles.named(linked.name) is not None:
        return False
    linked_role(records, linked, linked.name, now)
    return True
