"""Access from outside to the resources of an account: its roles, and what other services have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamd.analysis.external import Zone
from iamd.guard.organizations import under_rcps
from iamd.policy import Kind, MalformedPolicy
from iamd.policy.arns import split
from iamd.services.accessanalyzer.configured import let_in
from iamd.services.accessanalyzer.observations import Observation, are_counted, granted, roles, written
from iamd.services.accessanalyzer.resource_kinds import KINDS, ROLE
from iamd.services.aside import aside
from iamd.services.call import Call, Realm
from iamd.services.iam.trust import rendered
from iamd.services.known_resources import Configured
from iamd.store.image import Records

_ANY_ROLE = "role/any"  # trust policies do not name their roles


def external(records: Records, resources: Sequence[Configured], zone: Zone, realm: Realm) -> Iterator[Observation]:
    """Access that an account gives to principals outside a zone of trust."""
    denials = denials_above(records.account_id, realm)
    for role in roles(records):
        try:
            text = rendered(role, realm)
            found = granted(text, Kind.TRUST, _any_role(records), zone, denials)
        except MalformedPolicy:  # stored policies are read; what is not can let nobody in
            continue
        for each in found:
            told = each.told()
            restricted = {"resourceControlPolicyRestriction": restriction(text, "sts", denials)}
            yield Observation(
                "ExternalAccess", role.arn, ROLE, f"{role.id} {written(told)}", written(told | restricted)
            )
    for resource in resources:
        yield from _of_resource(resource, records.account_id, zone, denials)


def _of_resource(resource: Configured, owner: str, zone: Zone, denials: tuple[str, ...]) -> Iterator[Observation]:
    service = (split(resource.arn) or ["", "", ""])[2]
    bound = denials if is_bound(service) else ()
    try:
        found = dict.fromkeys(let_in(resource.kind, resource.configuration, resource.arn, zone, bound))
    except MalformedPolicy:  # of an upstream, which would not let anybody in by it
        return
    for source, each in found:
        told = each.told() | ({"sources": [{"type": source}]} if resource.kind == "s3Bucket" else {})
        restricted = {
            "resourceControlPolicyRestriction": restriction(str(resource.configuration), service, denials),
            "resourceOwnerAccount": owner,
        }
        seed = f"{resource.arn} {written(told)}"
        yield Observation("ExternalAccess", resource.arn, KINDS[resource.kind].type, seed, written(told | restricted))


def denials_above(account_id: str, realm: Realm) -> tuple[str, ...]:
    """The resource control policies above an account that deny something."""
    standing = realm.standing(account_id)
    attached = [each for level in (() if standing is None else standing.rcps) for each in level]
    documents = [each.policy.document for each in attached]
    return tuple(each.text for each in documents if any(not statement.allow for statement in each.statements))


def restriction(text: str, service: str, denials: tuple[str, ...]) -> str:
    """Whether a finding says that resource control policies count."""
    if not denials or not is_bound(service):
        return "NOT_APPLICABLE"
    return "APPLIED" if are_counted(text) else "APPLICABLE"


def is_bound(service: str) -> bool:
    """Whether resource control policies bind a service's resources."""
    return under_rcps(f"{service}:any")


def _any_role(records: Records) -> str:
    return f"arn:aws:iam::{records.account_id}:{_ANY_ROLE}"


async def learn(call: Call, records: Records, resources: Sequence[Configured], zone: Zone) -> None:
    """Find out what `external` will tell, which is kept: off the event loop, for a proof takes some milliseconds."""
    denials = denials_above(records.account_id, call.realm)
    trusts = {rendered(role, call.realm) for role in roles(records)}
    arn = _any_role(records)

    def learned() -> None:
        for text in trusts:
            try:
                granted(text, Kind.TRUST, arn, zone, denials)
            except MalformedPolicy:
                continue
        for resource in resources:
            for _ in _of_resource(resource, records.account_id, zone, denials):
                pass

    await aside(call.account_id, learned)
