"""Whatever is done, by whichever of two processes: memory, the other's memory and a fresh load say the same."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.store import Change, Records, Taken
from iamd.store.kind import altered
from iamd.store.records import Attachment
from tests import elsewhere
from tests.store.samples import ACCOUNT, LATER, NOW, Opener, contents, indexed, prepared, running, user

NAMES = ("a", "A", "b", "ß", "SS", "ss", "c")


class Undone(Exception):
    """A change that fails at its end."""


def apply(change: Change, step: tuple[str, int, str]) -> None:
    """One step; what is not possible does nothing."""
    verb, number, name = step
    records = change.records(ACCOUNT)
    users, attachments = records.users, records.attachments
    held = users.get(user(number).id)
    if verb == "add" and held is None:
        users.add(user(number, name))
    elif verb == "rename" and held is not None:
        users.replace(held, name=name, tags=(("renamed", name),))
    elif verb == "bound" and held is not None:
        users.replace(held, boundary=None if held.boundary else f"arn:{name}")
    elif verb == "remove" and held is not None:
        users.remove(held)
    elif verb == "attach":
        attachment = Attachment(ACCOUNT, user(number).id, f"arn:{name}", NOW)
        attached = attachments.get(f"{attachment.owner_id}/{attachment.policy_arn}")
        if attached is None:
            attachments.add(attachment)
        elif attached.attached == NOW:
            attachments.replace(attached, attached=LATER)
        else:
            attachments.remove(attached)
            attachments.add(altered(attached, attached=NOW))
    elif verb == "fail":
        raise Undone


verbs = st.sampled_from(["add", "add", "rename", "bound", "remove", "attach", "attach", "fail"])
steps = st.tuples(verbs, st.integers(0, 3), st.sampled_from(NAMES))
changes = st.lists(steps, min_size=1, max_size=4)
# By which process, and whether it waits for its commit before the next change begins.
script = st.lists(st.tuples(st.booleans(), st.booleans(), changes), max_size=12)


def summary(records: Records) -> tuple[Any, ...]:
    """All that an image says, but for the order of listings: a removal that was taken back comes last in them."""
    found = {where: sorted(map(repr, what)) for where, what in contents(records).items()}
    by_index = {
        key: sorted(map(repr, what)) if isinstance(what, list) else what for key, what in indexed(records).items()
    }
    return found, by_index, records.revision


async def play(opener: Opener, told: list[tuple[bool, bool, list[tuple[str, int, str]]]]) -> None:
    async with prepared(opener) as one, running(opener()) as two:
        await two.load(ACCOUNT)
        under_way: list[asyncio.Task[Any]] = []
        for second, waits, wanted in told:

            def work(change: Change, wanted: list[tuple[str, int, str]] = wanted) -> None:
                for step in wanted:
                    apply(change, step)

            under_way.append(asyncio.create_task((two if second else one).write(work)))
            await (asyncio.wait(under_way) if waits else asyncio.sleep(0))
        for outcome in await asyncio.gather(*under_way, return_exceptions=True):
            assert outcome is None or isinstance(outcome, Taken | Undone)
        await one.refresh()
        await two.refresh()
        async with running(opener()) as fresh:
            images = [await store.load(ACCOUNT) for store in (one, two, fresh)]
            first, second, third = map(summary, images)
            assert first == second == third


async def remember(opener: Opener, told: list[list[tuple[str, int, str]]]) -> None:
    async with prepared(opener) as store:
        states = {1: summary(await store.load(ACCOUNT))}
        for wanted in told:
            with suppress(Taken, Undone):
                await store.write(lambda change, wanted=wanted: [apply(change, step) for step in wanted])
            records = await store.load(ACCOUNT)
            states[records.revision] = summary(records)
        for revision, state in states.items():
            assert summary(await store.past(ACCOUNT, revision)) == state


@settings(max_examples=25)
@given(told=st.lists(changes, max_size=12))
def test_the_image_of_a_past_revision_is_the_one_that_stood(told: list[list[tuple[str, int, str]]]) -> None:
    with elsewhere.empty() as opener:
        asyncio.run(remember(opener, told))


@settings(max_examples=40)
@given(told=script)
def test_all_views_agree(told: list[tuple[bool, bool, list[tuple[str, int, str]]]]) -> None:
    with elsewhere.empty() as opener:
        asyncio.run(play(opener, told))
