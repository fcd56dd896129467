"""Bad input to every operation, generated from the service models: refused as AWS does, twice alike, changing nothing.

Each case is a call that succeeds but for one thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iamd.wire.model import OperationModel
from tests.services.generated.calls import FORBIDDEN, UNFIT, call, over_operations, refused
from tests.services.generated.values import Broken, broken
from tests.services.generated.world import World


@over_operations
def test_the_call_that_is_broken_is_fit(world: World, operation: OperationModel) -> None:
    answered = call(world, operation, world.fit(operation))
    assert answered.status == 200 or (operation.name in UNFIT and answered.status < 500), answered.message


def cases(world: World, operation: OperationModel) -> Iterator[tuple[Mapping[str, Any], Broken]]:
    fit = world.fit(operation)
    for member in operation.inputs:
        rest = {name: value for name, value in fit.items() if name != member.name}
        if member.required:
            yield rest, Broken(f"without {member.name}", None)
        for word, value, code in broken(member.shape, world.sample, fit.get(member.name, world.sample(member))):
            yield {**rest, member.name: value}, Broken(f"{member.name}: {word}", value, code)


@over_operations
def test_what_the_model_forbids_is_refused(world: World, operation: OperationModel) -> None:
    for params, case in cases(world, operation):
        answered = refused(world, operation, params, case.word)
        code = FORBIDDEN.get(operation.service.name, {}).get(case.code, case.code)
        assert (answered.code, answered.status) == (code, 400), (case.word, answered)


@over_operations
def test_members_unknown_to_the_model_are_ignored(world: World, operation: OperationModel) -> None:
    fit = world.fit(operation)
    expected = call(world, operation, fit)
    world.restore()
    more = {"Nonsense": "x", "Deep": [{"Nonsense": {"Key": "x"}}], operation.name: "x", "0": "x"}
    assert call(world, operation, {**fit, **more}).told == expected.told


@over_operations
def test_lists_that_say_the_same_twice(world: World, operation: OperationModel) -> None:
    fit = world.fit(operation)
    for member in operation.inputs:
        if member.shape.type == "list":
            [item] = fit.get(member.name, world.sample(member))[:1]
            answered = call(world, operation, {**fit, member.name: [item, item]})
            assert answered.status < 500, (member.name, answered)
            if answered.status != 200:
                refused(world, operation, {**fit, member.name: [item, item]}, member.name)
            world.restore()
