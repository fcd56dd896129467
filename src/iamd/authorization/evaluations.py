"""Questions answered: the subject's policies, the engine's decision, AuthZEN's words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from iamd.authorization import mapping
from iamd.authorization.mapping import Unmappable
from iamd.authorization.messages import Action, Entity, Evaluation, Evaluations, missing
from iamd.authorization.resources import own, tags, trust_of
from iamd.authorization.subjects import Unknown, subject_of
from iamd.guard.ask import Ask
from iamd.guard.context import Context, epoch, iso
from iamd.guard.enforce import decision_on, denial
from iamd.guard.organizations import Standing
from iamd.guard.snapshot import Snapshot
from iamd.policy import Decision, Kind
from iamd.policy.arns import account_of
from iamd.reference import services
from iamd.services.call import Realm
from iamd.services.known_resources import Asked, Known, KnownResources, Unread
from iamd.store.image import Records
from iamd.store.records import PARTITION

Answer = dict[str, Any]

_IAMS = f"arn:{PARTITION}:iam:"
ALLOWED: Answer = {"decision": True}


class Question(NamedTuple):
    """What a question comes to in IAM's words."""

    snapshot: Snapshot
    ask: Ask


class Evaluator:
    """Answers the questions of one request, about subjects of one account, at one time.

    The policies of resources `elsewhere` count where this server can look at them. Those that are `unread` afterwards are
    to be read, and then everything is to be asked again: what was answered does not count.
    """

    def __init__(self, realm: Realm, records: Records, now: datetime, *, elsewhere: bool = True) -> None:
        self._realm = realm
        self._resources = realm.resources if elsewhere else None
        self.unread: list[Asked] = []
        self._records = records
        self.account_id = records.account_id
        self.place = mapping.Place(records.account_id, realm.region)
        self._now = now
        self._notes = services.any_registered()
        self.time: Context = {"aws:currenttime": iso(now), "aws:epochtime": epoch(now)}
        self._subjects: dict[tuple[str, str], Snapshot] = {}
        self._facts: dict[tuple[str, int], Context] = {}
        self._owners: dict[str, Standing | None] = {}

    def answer(self, asked: Evaluation) -> Answer:
        """The decision on a complete question; what cannot be decided is denied, and why is told. Raises Cold."""
        try:
            question = self.question(asked)
        except Unknown as error:
            return refused(404, str(error))
        except Unmappable as error:
            return refused(400, str(error))
        if self._notes:
            self._note(question)
        decision = decision_on(*question)
        return ALLOWED if decision.allowed else denied(question, decision)

    def answers(self, asked: Evaluations, wrong: dict[int, str]) -> list[Answer]:
        """The answers to several questions, in their order, as far as the semantic wants them. Raises Cold."""
        semantic = asked.options.evaluations_semantic if asked.options else None
        last = {"deny_on_first_deny": False, "permit_on_first_permit": True}.get(semantic or "")
        answers = []
        for at, each in enumerate(asked.evaluations or ()):
            full = each.over(asked)
            problem = wrong.get(at) or missing(full)
            answer = self.answer(full) if problem is None else refused(400, problem)
            answers.append(answer)
            if answer["decision"] is last:
                break
        return answers

    def question(self, asked: Evaluation) -> Question:
        """A complete question in IAM's words. Raises Unknown, Unmappable, Cold."""
        subject, resource, action = _complete(asked)
        type_, snapshot = resource.type or "", self.subject(subject)
        name = mapping.action_of(action.name or "", type_)
        arn = mapping.resource_of(type_, resource.id or "", self.place)
        return Question(snapshot, self.ask(name, arn, self.context(asked), snapshot))

    def _note(self, question: Question) -> None:
        """Note the subject's attempt at an action of a registered service, for the access advisor."""
        prefix, _, name = question.ask.action.partition(":")
        service = services.registered(prefix.lower())
        action = None if service is None else service.actions.get(name.lower())
        if action is not None:
            who = question.snapshot.principal.unique_id or self.account_id
            store, region = self._realm.store, self._realm.region
            store.accessed(self.account_id, who, action.service, action.name, self._now, region)

    def subject(self, subject: Entity) -> Snapshot:
        """The policies and condition keys of a subject. Raises Unknown, Cold."""
        key = subject.type or "", subject.id or ""
        known = self._subjects.get(key)
        if known is None:
            known = self._subjects[key] = subject_of(self._realm, self._records, *key)
        return known

    def context(self, asked: Evaluation) -> Context:
        """The condition keys that a question gives, and the time unless it gives one. Raises Unmappable."""
        of_subject = asked.subject.properties if asked.subject else None
        of_action = asked.action.properties if asked.action else None
        of_resource = asked.resource.properties if asked.resource else None
        if not (of_subject or of_action or of_resource or asked.context):
            return self.time
        return mapping.given_context(self.time.copy(), of_subject, of_action, of_resource, asked.context)

    def ask(self, action: str, resource: str, given: Context, snapshot: Snapshot) -> Ask:
        """One action on one resource; what iamd knows of the subject and of the resource is not to be given otherwise.
        Raises Cold."""
        account_id, policy, kind = account_of(resource) or self.account_id, None, Kind.TRUST
        known = None if self._resources is None else self._known_there(resource, self._resources)
        if known is not None:
            account_id, policy, kind = known.account_id, known.policy, Kind.RESOURCE
        owner = self._owner(account_id)
        context = given | self._known(account_id, owner, snapshot)
        its_own = own(self._records, resource) if resource.startswith(_IAMS) else None
        if its_own is not None:
            context |= tags(its_own)
            policy = trust_of(self._realm, action, its_own)
        return Ask(action, resource, account_id, policy=policy, policy_kind=kind, context=context, owner=owner)

    def _known_there(self, resource: str, resources: KnownResources) -> Known | None:
        """What is known of a resource of another service; if that must be read, a note is made of it."""
        asked = Asked(resource, self.account_id)
        try:
            return resources.known(asked, self.place.region)
        except Unread:
            self.unread.append(asked)
            return None

    def _known(self, account_id: str, owner: Standing | None, snapshot: Snapshot) -> Context:
        """What iamd knows of a subject and of the account of a resource."""
        key = account_id, id(snapshot)  # which the subjects keep alive
        known = self._facts.get(key)
        if known is None:
            keys = {} if owner is None else owner.resource_keys
            known = self._facts[key] = {**snapshot.context, "aws:resourceaccount": account_id, **keys}
        return known

    def _owner(self, account_id: str) -> Standing | None:
        if account_id not in self._owners:
            there = self._realm.store.has_account(account_id)
            self._owners[account_id] = self._realm.standing(account_id) if there else None
        return self._owners[account_id]


def _complete(asked: Evaluation) -> tuple[Entity, Entity, Action]:
    if asked.subject is None or asked.resource is None or asked.action is None:
        raise ValueError("the question is incomplete: see `missing`")
    return asked.subject, asked.resource, asked.action


def denied(question: Question, decision: Decision) -> Answer:
    """A denial with its reason, which is for administrators."""
    told = denial(question.snapshot.principal.arn, question.ask, decision)
    return {"decision": False, "context": {"reason_admin": {"en": told}}}


def refused(status: int, message: str) -> Answer:
    """The answer to a question that cannot be decided."""
    return {"decision": False, "context": {"error": {"status": status, "message": message}}}
