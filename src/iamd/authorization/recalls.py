"""Recorded calls asked again: who called, and the condition keys of then, under the policies as they are."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from iamd.audit.asked import opened_context
from iamd.audit.encoding import own_action
from iamd.audit.stored import StoredEvent
from iamd.authorization import explanations
from iamd.authorization.evaluations import Evaluator
from iamd.authorization.messages import Malformed
from iamd.guard.askers import asker
from iamd.guard.context import Context, epoch, iso
from iamd.guard.enforce import posed
from iamd.guard.gather import take
from iamd.services.call import Realm

_is_address = re.compile(r"[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*").fullmatch


class Recall(NamedTuple):
    """A recorded call: in whose trail, when, and what was recorded."""

    account_id: str
    time: datetime
    event: StoredEvent


def recalled(realm: Realm, evaluator: Evaluator, call: Recall) -> dict[str, Any]:
    """The explanation of what was decided last for the call, which is what refused it where it was. Raises Malformed for
    what policies of the account have not decided, Cold."""
    event = call.event
    who = asker(msgspec.msgpack.decode(event.identity), event.session_policies, call.account_id, event.params or {})
    records = None if who is None else realm.records(who.caller.account_id)
    if who is None or records is None or not event.asked:
        raise Malformed("no policy of the account has decided this event")
    asked = event.asked[-1]
    snapshot = take(who.caller, records, realm.standing(records.account_id))
    snapshot.context.update(who.context)
    context = {**_circumstances(call), **opened_context(asked)}
    action = asked.action or own_action(event.source, event.name)
    request, layers = posed(snapshot, evaluator.ask(action, asked.resource, context, snapshot))
    return explanations.told(realm, call.account_id, request, layers, explanations.holders(records, who.caller.id))


def _circumstances(call: Recall) -> Context:
    """The condition keys that the rest of an event tells."""
    event = call.event
    found: Context = {
        "aws:currenttime": iso(call.time),
        "aws:epochtime": epoch(call.time),
        "aws:securetransport": "false" if event.secure_host is None else "true",
        "aws:requestedregion": event.region,
    }
    if event.agent:
        found["aws:useragent"] = event.agent
    if _is_address(event.ip):  # services that call have a name in its place
        found["aws:sourceip"] = event.ip
    return found
