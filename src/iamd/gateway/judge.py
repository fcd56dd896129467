"""May they? Every need of a request, decided by the one guard."""

from __future__ import annotations

from iamd.gateway.facts.facts import Facts
from iamd.gateway.mapped import Need
from iamd.gateway.verdicts import Question, open_questions
from iamd.gateway.who import Who
from iamd.guard.ask import Ask
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

    What policies ask of the resource (its tags) is read when they ask for it, and then everything is decided anew.
    """
    questions = []
    for need in needs:
        told = facts.policy_at_hand(need, who.region)
        questions.append(Question(need, await facts.policy(need, who.region) if told is None else told.value))
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
                question.keys = {**question.keys, **await facts.keys(question.need, fact, who.region)}
            question.facts |= wanted
    raise ServiceUnavailable
