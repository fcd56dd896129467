"""Two calls at once, on one server and on two that share a database: what comes of them is what comes of them in turn.

So one wins, and the other gets AWS's error: EntityAlreadyExists, NoSuchEntity, DeleteConflict and the like. Generated
over every operation that changes something, against itself and against what deletes its target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from iamd.services.catalogue import APIS
from tests.services.generated.direct import Answer, Direct
from tests.services.generated.world import World, arn

Called = tuple[str, Mapping[str, Any]]
Outcome = tuple[int, str, str]

CHANGES = [name for name, operation in APIS["iam"].operations.items() if not operation.reads]
DELETIONS = {
    "DeleteUser": ("UserName", "bare"),
    "DeleteGroup": ("GroupName", "bare"),
    "DeleteRole": ("RoleName", "bare"),
    "DeleteInstanceProfile": ("InstanceProfileName", "bare"),
    "DeletePolicy": ("PolicyArn", arn("policy/bare")),
}
RENAMES = {
    "CreateUser": ("UpdateUser", {"UserName": "bare", "NewUserName": "new"}),
    "CreateGroup": ("UpdateGroup", {"GroupName": "bare", "NewGroupName": "NEW"}),
    "UploadServerCertificate": (
        "UpdateServerCertificate",
        {"ServerCertificateName": "there", "NewServerCertificateName": "New"},
    ),
}
CONFLICTS = ("EntityAlreadyExists", "NoSuchEntity", "DeleteConflict", "LimitExceeded")
UNFINISHED = ("EntityTemporarilyUnmodifiable", "ConcurrentModification")
"""What may be answered in place of the refusal that the second call would get in its turn."""


def needed(deletion: str) -> Iterator[str]:
    """The operations that can be called on what is deleted."""
    for name in CHANGES:
        if DELETIONS[deletion][0] in {member.name for member in APIS["iam"].operations[name].model.inputs}:
            yield name


@pytest.fixture(scope="module", params=["one server", "two servers"])
def arena(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("data") if request.param == "two servers" else None
    with closing(Direct(place)) as direct:
        yield World(direct)


def told(answers: list[Answer]) -> list[Outcome]:
    return [answered.told for answered in answers]


def in_turn(world: World, *calls: Called) -> list[Outcome]:
    outcomes = [world.direct.call(name, params, key=world.caller).told for name, params in calls]
    world.restore()
    return outcomes


def at_once(world: World, *calls: Called) -> list[Outcome]:
    outcomes = told(world.direct.race(*calls, key=world.caller))
    left = world.direct.contents()
    for number in range(1, len(world.direct.servers)):
        assert world.direct.contents(number) == left
    world.restore()
    return outcomes


def fit(world: World, name: str) -> Mapping[str, Any]:
    return world.fit(APIS["iam"].operations[name].model)


@pytest.mark.parametrize("name", CHANGES)
def test_an_operation_against_itself(arena: World, name: str) -> None:
    call = name, fit(arena, name)
    first, second = in_turn(arena, call, call)
    winner, loser = sorted(at_once(arena, call, call))
    assert winner == min(first, second)
    assert loser == max(first, second) or (second[0] != 200 and loser[1] in UNFINISHED)
    if name.startswith(("Create", "Delete")) and (first[0], second[0]) != (200, 200):
        linked = name == "CreateServiceLinkedRole"  # whose refusal is of another kind
        assert second[1] in (("InvalidInput",) if linked else CONFLICTS)


@pytest.mark.parametrize(
    ("deletion", "name"), [(deletion, name) for deletion in DELETIONS for name in needed(deletion)]
)
def test_an_operation_against_the_deletion_of_what_it_needs(arena: World, deletion: str, name: str) -> None:
    member, target = DELETIONS[deletion]
    call, delete = (name, {**fit(arena, name), member: target}), (deletion, {member: target})
    orders = in_turn(arena, call, delete), in_turn(arena, delete, call)[::-1]
    assert at_once(arena, call, delete) in orders
    assert at_once(arena, delete, call)[::-1] in orders


@pytest.mark.parametrize("name", RENAMES)
def test_a_new_name_against_the_same_new_name(arena: World, name: str) -> None:
    create, rename = (name, fit(arena, name)), RENAMES[name]
    orders = in_turn(arena, create, rename), in_turn(arena, rename, create)[::-1]
    assert {outcome[1] for order in orders for outcome in order} == {"", "EntityAlreadyExists"}
    assert at_once(arena, create, rename) in orders
    assert at_once(arena, rename, create)[::-1] in orders
