"""`/console/me/may`: which actions the person lacks the permission for, so that buttons can say so beforehand.

What is told is certain: an action is lacking when no request with it could be allowed, whatever it is about. The decision
on each call is made when it is called.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from iamd.analysis.barred import Bar, barred
from iamd.caller.caller import Caller, CallerKind
from iamd.console.calls import as_json
from iamd.guard.snapshot import Snapshot
from iamd.services.call import Cold, Realm
from iamd.wire.errors import AccessDenied, ServiceUnavailable, ValidationError
from iamd.wire.http import Answer, HttpRequest

_MOST = 100  # actions
_TRIES = 8


async def told(realm: Realm, caller: Caller, request: HttpRequest) -> Answer:
    """Of the actions that the query names (`action=iam:CreateUser`, again for more), those that the caller lacks: by
    name, the kind of policy that stands in the way (`layer`, in AWS's word) and, for an explicit denial, the name or ARN
    of the policy (`deniedBy`). Raises AwsError."""
    try:
        pairs = parse_qsl(request.query.decode("latin-1"), max_num_fields=_MOST)
    except ValueError:
        raise ValidationError(f"At most {_MOST} actions are asked about at once.") from None
    actions = [value for name, value in pairs if name == "action"]
    if not all(all(each.partition(":")) for each in actions):
        raise ValidationError("An action is service:Action.")
    layers = (await _snapshot(realm, caller)).layers
    found = {action: barred(layers, action, is_root=caller.kind is CallerKind.ROOT) for action in actions}
    return as_json(200, {"lacking": {action: _told(bar) for action, bar in found.items() if bar is not None}})


def _told(bar: Bar) -> dict[str, str]:
    return {"layer": bar.layer.value} | ({} if bar.denied_by is None else {"deniedBy": bar.denied_by})


async def _snapshot(realm: Realm, caller: Caller) -> Snapshot:
    for _ in range(_TRIES):
        try:
            records = realm.records(caller.account_id)
            if records is None:
                raise AccessDenied
            return realm.snapshots.of(caller, records, realm.standing(caller.account_id))
        except Cold as cold:
            await realm.store.load(cold.account_id)
    raise ServiceUnavailable
