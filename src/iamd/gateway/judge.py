"""May they? Every need of a request, decided by the one guard."""

from __future__ import annotations

from iamd.gateway.facts.facts import GRANTS, SIGNATURE_AGE, Facts
from iamd.gateway.key_grants import allowed_by, with_grant
from iamd.gateway.mapped import Need
from iamd.gateway.verdicts import Question, open_questions
from iamd.gateway.who import Who
from iamd.guard.ask import Ask
from iamd.guard.context import Context
from iamd.services.call import Cold, Realm
from iamd.wire.errors import AccessDenied, ServiceUnavailable

_TRIES = 16


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

    What policies ask of the resource (its tags) is read when they ask for it, and a key's grants where nothing else allows
    and nothing denies; then everything is decided anew.
    """
    questions = []
    for need in needs:
        known = facts.policy_at_hand(need, who.region)
        questions.append(Question(need, await facts.policy(need, who.region) if known is None else known.value))
    for _ in range(_TRIES):
        try:
            open_ones = open_questions(realm, facts, who, questions, asked, tolerated)
        except Cold as cold:
            await realm.store.load(cold.account_id)
            continue
        if not open_ones:
            return
        for question, wanted in open_ones:
            for fact in wanted:
                await _find_out(facts, who, question, fact)
            question.facts |= wanted
    raise ServiceUnavailable


async def _find_out(facts: Facts, who: Who, question: Question, fact: str) -> None:
    """Have the question know a fact."""
    need = question.need
    if fact == GRANTS:
        found = allowed_by(await facts.grants(need, who.region), need, who.caller)
        if found is not None:
            grant, name = found
            question.policy, question.grant_id = with_grant(question.policy, grant, name, need), grant["GrantId"]
        return
    told = _signature_age(who) if fact == SIGNATURE_AGE else await facts.keys(need, fact, who.region)
    question.keys = {**question.keys, **told}


def _signature_age(who: Who) -> Context:
    """How long ago the request was signed, in milliseconds, however it says so: in headers, parameters or a form.

    https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    """
    return {SIGNATURE_AGE: str(max(0, int((who.now - who.signed).total_seconds() * 1000)))}
