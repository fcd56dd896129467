"""May a forwarded request pass? Decided for the client whose credentials it has, or for whom a proxy names."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from iamd.authorization.callers import permit
from iamd.authorization.evaluations import Evaluator
from iamd.authorization.forwarded import ACTION, Forwarded
from iamd.authorization.messages import Entity
from iamd.authorization.subjects import Unknown
from iamd.caller.caller import Caller
from iamd.guard.context import request_context
from iamd.guard.enforce import decision_on, denial
from iamd.services.call import Realm
from iamd.store.image import Records
from iamd.wire.errors import AccessDenied, MissingAuthenticationToken

_NAMING = "iamd:NameSubject"
"""More than `iamd:Evaluate`: who may name the client of a request acts as anybody towards the services behind proxies."""


class Passed(NamedTuple):
    """Whose request may pass: ARN, unique id (empty for a role without session) and account."""

    arn: str
    user_id: str
    account_id: str


def of_client(realm: Realm, records: Records, caller: Caller, client: Forwarded, resource: str, at: datetime) -> Passed:
    """The client itself, if it may. Raises AccessDenied, Cold."""
    permit(realm, records, caller, client.request, ACTION, at, resource)
    return Passed(caller.arn, caller.user_id, caller.account_id)


def of_subject(realm: Realm, records: Records, proxy: Caller, client: Forwarded, resource: str, at: datetime) -> Passed:
    """Whom the proxy names, if they may, and the proxy may name them. Raises AwsError, Cold."""
    request = client.request
    permit(realm, records, proxy, request, _NAMING, at)
    evaluator = Evaluator(realm, records, at)
    try:
        snapshot = evaluator.subject(_entity(request.header(b"x-iamd-subject") or ""))
    except Unknown as error:
        raise AccessDenied(str(error)) from None
    agent = request.header(b"user-agent") or ""
    given = request_context(proxy, at, request.client_ip, request.secure, agent, realm.region)
    ask = evaluator.ask(ACTION, resource, given, snapshot)
    decision = decision_on(snapshot, ask)
    who = snapshot.principal
    if not decision.allowed:
        raise AccessDenied(denial(who.arn, ask, decision))
    return Passed(who.arn, str(snapshot.context.get("aws:userid", "")), records.account_id)


def _entity(subject: str) -> Entity:
    """`user/alice`, `role/app` or an ARN. Raises MissingAuthenticationToken when the proxy names nobody."""
    if subject.startswith("arn:"):
        return Entity("user", subject)
    kind, _, name = subject.partition("/")
    if not name:
        raise MissingAuthenticationToken
    return Entity(kind, name)
