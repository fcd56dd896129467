"""What the one guard says to the needs of a request, and what it must be told before that counts."""

from __future__ import annotations

import re
from typing import Final

from iamd.caller.caller import Caller, CallerKind
from iamd.gateway.encoded_denials import as_told
from iamd.gateway.facts.facts import GRANTS, Facts
from iamd.gateway.mapped import Need
from iamd.gateway.service_callers import snapshot_of
from iamd.gateway.who import Who
from iamd.guard.ask import Ask
from iamd.guard.context import Context
from iamd.guard.enforce import authorize, decision_on
from iamd.guard.gather import Snapshots
from iamd.guard.organizations import Standing
from iamd.guard.snapshot import Snapshot
from iamd.policy import Decision, Effect, Kind
from iamd.services.call import Realm
from iamd.store.directory import Directory
from iamd.wire.errors import AccessDenied

_SERVICE: Final = CallerKind.SERVICE  # looking up an enumeration's members is slow
_OF_RESOURCES: Final = Kind.RESOURCE
_OF_STATE: Final = re.compile(r"[a-z0-9-]+:(resourcetag|existingobjecttag|buckettag)/").match
_ROLE: Final = re.compile(r"arn:[^:]*:iam::\d{12}:role/(?:.*/)?([^/]+)").fullmatch


class Question:
    """One need with what is known about its resource: its policy, condition keys, and which facts these come from.
    Where nothing else allows it, a statement of the policy is what the grant of that id allows."""

    def __init__(self, need: Need, policy: str | None) -> None:
        self.need = need
        self.policy = policy
        self.keys: Context = {}
        self.facts: frozenset[str] = frozenset()
        self.grant_id: str | None = None


class _Verdict:
    """What came of one need: the `refusal`, if it is one, counts only when nothing is `wanted` any more."""

    def __init__(self, question: Question, ask: Ask, refusal: AccessDenied | None, wanted: frozenset[str]) -> None:
        self.question = question
        self.ask = ask
        self.refusal = refusal
        self.wanted = wanted


_NOTHING: Final[frozenset[str]] = frozenset()
_OF_GRANTS: Final = frozenset({GRANTS})


def open_questions(
    realm: Realm,
    facts: Facts,
    who: Who,
    questions: list[Question],
    asked: list[Ask],
    tolerated: list[AccessDenied] | None,
) -> list[tuple[Question, frozenset[str]]]:
    """Decide on all, or tell what is still to be found out; when there is nothing, everything is allowed. What was
    decided is added to `asked`, refusals to what is `tolerated`. Raises AccessDenied, Cold."""
    caller = who.caller
    snapshot = _snapshot(realm, caller)
    circumstances = _circumstances(who, snapshot)
    verdicts = [
        _verdict(facts, caller.arn, snapshot, question, _ask(realm, snapshot, circumstances, question))
        for question in questions
    ]
    open_ones = [(verdict.question, verdict.wanted) for verdict in verdicts if verdict.wanted]
    if open_ones:
        return open_ones
    for verdict in verdicts:
        asked.append(verdict.ask)
        if verdict.refusal is None:
            if verdict.question.need.key_use is not None:
                verdict.question.need.key_use.granted_by = verdict.question.grant_id
        else:
            if tolerated is None:
                raise as_told(verdict.refusal, verdict.ask, realm=realm, caller=caller, snapshot=snapshot, now=who.now)
            tolerated.append(verdict.refusal)
    return open_ones


def _circumstances(who: Who, snapshot: Snapshot) -> Context:
    """What is known of the caller and of the way in which it calls."""
    request = who.request
    agent = request.header(b"user-agent") or ""
    context = snapshot.under(who.now, request.client_ip, request.secure, agent, who.region, who.caller)
    if who.via or who.caller.kind is _SERVICE:
        context = context.copy()
        del context["aws:sourceip"]  # AWS tells nothing of its own networks
    if who.via:
        context["aws:viaawsservice"] = "true"
        context["aws:calledvia"] = who.via
        context["aws:calledviafirst"], context["aws:calledvialast"] = who.via[0], who.via[-1]
    return context


def _verdict(facts: Facts, arn: str, snapshot: Snapshot, question: Question, ask: Ask) -> _Verdict:
    """What the guard says, and which facts must be read before it counts."""
    refusal = None
    try:
        decision = authorize(arn, snapshot, ask)
    except AccessDenied as error:
        decision, refusal = decision_on(snapshot, ask), error
    wanted = _wanted(facts, question, decision.missing) if decision.missing else _NOTHING
    if refusal is None:
        if decision.missing and not wanted:
            refusal = _unknown(facts, question.need, decision)
    elif not wanted and _may_be_granted(question, decision):
        wanted = _OF_GRANTS
    return _Verdict(question, ask, refusal, wanted)


def _may_be_granted(question: Question, decision: Decision) -> bool:
    """Whether a grant of a key might allow what nothing else does, and nothing denies."""
    return (
        question.need.key_use is not None and GRANTS not in question.facts and decision.effect is Effect.IMPLICIT_DENY
    )


def _snapshot(realm: Realm, caller: Caller) -> Snapshot:
    if caller.kind is _SERVICE:
        return snapshot_of(caller, realm)
    account_id: str = caller.account_id
    directory: Directory = realm.store.directory
    records = directory.records(account_id) or realm.records(account_id)
    if records is None:
        raise AccessDenied
    management_id = directory.organization_of(account_id)
    standing = None if management_id is None else realm.standing_under(management_id, account_id)
    snapshots: Snapshots = realm.snapshots
    return snapshots.of(caller, records, standing)


def _ask(realm: Realm, snapshot: Snapshot, circumstances: Context, question: Question) -> Ask:
    need = question.need
    context = circumstances.copy()
    context["aws:resourceaccount"] = need.owner
    standing = snapshot.standing if need.owner == snapshot.account else _standing(realm, need.owner)
    if standing is not None:
        context.update(standing.resource_keys)
    context.update(need.context)
    if question.keys:
        context.update(question.keys)
    if need.action.startswith("s3:"):
        context["s3:resourceaccount"] = need.owner
    elif need.action.startswith("kms:"):
        context.update(_key_caller(context))
    if need.action == "iam:PassRole":
        context.update(_role_tags(realm, need.resource, need.owner))
    return Ask(
        need.action,
        need.resource,
        need.owner,
        policy=question.policy,
        policy_kind=_OF_RESOURCES,
        context=context,
        owner=standing,
    )


def _key_caller(context: Context) -> Context:
    """KMS's own words for who calls, and through which service.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    account, via = context.get("aws:principalaccount"), context.get("aws:calledvialast")
    found: Context = {"kms:grantisforawsresource": "false" if via is None else "true"}
    if account is not None:
        found["kms:calleraccount"] = account
    if isinstance(via, str):
        service, _, domain = via.partition(".")
        found["kms:viaservice"] = f"{service}.{context.get('aws:requestedregion', '')}.{domain}"
    return found


def _standing(realm: Realm, account_id: str) -> Standing | None:
    return realm.standing(account_id) if realm.store.has_account(account_id) else None


def _wanted(facts: Facts, question: Question, missing: tuple[str, ...]) -> frozenset[str]:
    """The facts that policies ask for and that have not been read."""
    found = [facts.can_tell(question.need, key) for key in missing]
    return frozenset([fact for fact in found if fact is not None]) - question.facts


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
