"""May they? Every need of a request, decided by the one guard."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from iamd.caller.caller import Caller, CallerKind
from iamd.gateway.encoded_denials import as_told
from iamd.gateway.facts.facts import Facts
from iamd.gateway.mapped import Need
from iamd.gateway.service_callers import snapshot_of
from iamd.guard.ask import Ask
from iamd.guard.context import Context, request_context
from iamd.guard.enforce import authorize, decision_on
from iamd.guard.snapshot import Snapshot
from iamd.policy import Decision, Kind
from iamd.services.call import Cold, Realm
from iamd.wire.errors import AccessDenied, ServiceUnavailable
from iamd.wire.http import HttpRequest

_OF_STATE = re.compile(r"[a-z0-9-]+:(resourcetag|existingobjecttag|buckettag)/").match
_ROLE = re.compile(r"arn:[^:]*:iam::\d{12}:role/(?:.*/)?([^/]+)").fullmatch
_TRIES = 16


class Who(msgspec.Struct, frozen=True):
    """Who asks, when, where, and how."""

    caller: Caller
    request: HttpRequest
    now: datetime
    region: str


class _Question(msgspec.Struct):
    """One need with what is known about its resource: its policy, condition keys, and which facts these come from."""

    need: Need
    policy: str | None
    keys: Context = {}
    facts: frozenset[str] = frozenset()


class _Verdict(msgspec.Struct, frozen=True):
    """What came of one need: the `refusal`, if it is one, counts only when nothing is `wanted` any more."""

    question: _Question
    ask: Ask
    refusal: AccessDenied | None
    wanted: frozenset[str]


_NOTHING: frozenset[str] = frozenset()


async def judge(
    realm: Realm,
    facts: Facts,
    who: Who,
    needs: list[Need],
    asked: list[Ask],
    tolerated: list[AccessDenied] | None = None,
) -> None:
    """Return when every need is allowed; raises AccessDenied. What was decided is added to `asked`, the last of it refused
    where it raises. With a list for what is `tolerated`, refusals are put there, and it goes on.

    What policies ask of the resource (its tags) is read when they ask for it, and then everything is decided anew.
    """
    questions = [_Question(need, await facts.policy(need, who.region)) for need in needs]
    for _ in range(_TRIES):
        try:
            open_ones = _judge(realm, facts, who, questions, asked, tolerated)
        except Cold as cold:
            await realm.store.load(cold.account_id)
            continue
        if not open_ones:
            return
        for question, wanted in open_ones:
            for fact in wanted:
                question.keys = {**question.keys, **await facts.keys(question.need, fact, who.region)}
            question.facts |= wanted
    raise ServiceUnavailable


def _judge(
    realm: Realm,
    facts: Facts,
    who: Who,
    questions: list[_Question],
    asked: list[Ask],
    tolerated: list[AccessDenied] | None,
) -> list[tuple[_Question, frozenset[str]]]:
    """What is still to be found out; when there is nothing, everything is allowed. Raises AccessDenied, Cold."""
    caller, request = who.caller, who.request
    snapshot = _snapshot(realm, caller)
    agent = request.header(b"user-agent") or ""
    circumstances = {
        **snapshot.context,
        **request_context(caller, who.now, request.client_ip, request.secure, agent, who.region),
    }
    if caller.kind is CallerKind.SERVICE:
        del circumstances["aws:sourceip"]  # AWS tells nothing of its own networks
    verdicts = [
        _verdict(facts, caller.arn, snapshot, question, _ask(realm, circumstances, question)) for question in questions
    ]
    open_ones = [(verdict.question, verdict.wanted) for verdict in verdicts if verdict.wanted]
    for verdict in () if open_ones else verdicts:
        asked.append(verdict.ask)
        if verdict.refusal is not None:
            if tolerated is None:
                raise as_told(verdict.refusal, verdict.ask, realm=realm, caller=caller, snapshot=snapshot, now=who.now)
            tolerated.append(verdict.refusal)
    return open_ones


def _verdict(facts: Facts, arn: str, snapshot: Snapshot, question: _Question, ask: Ask) -> _Verdict:
    """What the guard says, and which facts must be read before it counts."""
    refusal = None
    try:
        decision = authorize(arn, snapshot, ask)
    except AccessDenied as error:
        decision, refusal = decision_on(snapshot, ask), error
    wanted = _wanted(facts, question, decision.missing)
    if refusal is None and not wanted:
        refusal = _unknown(facts, question.need, decision)
    return _Verdict(question, ask, refusal, wanted)


def _snapshot(realm: Realm, caller: Caller) -> Snapshot:
    if caller.kind is CallerKind.SERVICE:
        return snapshot_of(caller, realm)
    records = realm.records(caller.account_id)
    if records is None:
        raise AccessDenied
    return realm.snapshots.of(caller, records, realm.standing(caller.account_id))


def _ask(realm: Realm, circumstances: Context, question: _Question) -> Ask:
    need = question.need
    context: Context = {**circumstances, "aws:resourceaccount": need.owner}
    standing = realm.standing(need.owner) if realm.store.has_account(need.owner) else None
    if standing is not None:
        context.update(standing.resource_keys)
    context.update(need.context)
    context.update(question.keys)
    if need.action.startswith("s3:"):
        context["s3:resourceaccount"] = need.owner
    if need.action == "iam:PassRole":
        context.update(_role_tags(realm, need.resource, need.owner))
    return Ask(
        need.action,
        need.resource,
        need.owner,
        policy=question.policy,
        policy_kind=Kind.RESOURCE,
        context=context,
        owner=standing,
    )


def _wanted(facts: Facts, question: _Question, missing: tuple[str, ...]) -> frozenset[str]:
    """The facts that policies ask for and that have not been read."""
    if not missing:
        return _NOTHING
    return frozenset(filter(None, (facts.can_tell(question.need, key) for key in missing))) - question.facts


def _role_tags(realm: Realm, arn: str, account_id: str) -> Context:
    """The tags of a role of this server's, by name."""
    named, records = _ROLE(arn), realm.records(account_id)
    role = records.roles.named(named[1]) if named and records else None
    return {f"aws:resourcetag/{key.lower()}": value for key, value in role.tags} if role else {}


def _unknown(facts: Facts, need: Need, decision: Decision) -> AccessDenied | None:
    """The refusal of what was allowed without knowing everything that AWS would have known.

    A condition on the absent key may have kept a Deny from acting.
    """
    for key in decision.missing:
        if _OF_STATE(key) is not None:  # where there is no resource there are no tags; of others they have been read
            unknown = need.resource != "*" and need.action != "iam:PassRole" and facts.can_tell(need, key) is None
        else:
            unknown = key.startswith(f"{need.action.partition(':')[0]}:") and not key.startswith(need.tells)
        if unknown:
            return AccessDenied(
                f"A policy for {need.action} asks for `{key}`, which the gateway does not know of this request; "
                "what depends on it is refused."
            )
    return None
