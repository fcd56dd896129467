"""`help`: which services, operations and options there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iamd.console.terminal.command import (
    FLAGS,
    INPUT,
    OUTPUTS,
    PAGES,
    VALUED,
    api_of,
    operation_of,
    operations,
    parameters,
    services,
)
from iamd.wire.model import Shape

_DEEPEST = 3  # of what is within a parameter


def told(path: Sequence[str]) -> str:
    """The help of the program, of a service or of an operation. Raises Problem for what there is not."""
    if not path:
        return _program()
    api = api_of(path[0])
    if len(path) == 1:
        return f"{path[0]}: {len(operations(api))} operations\n\n{_listed(operations(api))}"
    return _operation(path[0], path[1])


def _program() -> str:
    globally = [*(f"--{name} VALUE" for name in sorted(VALUED)), *(f"--{name}" for name in sorted(FLAGS))]
    return (
        "aws SERVICE OPERATION [--OPTION VALUE ...]\n\n"
        "Runs one command of the AWS CLI as you. There is no shell here, and there are no files.\n\n"
        f"Services (aws SERVICE help):\n{_listed(services())}\n"
        f"Options of every command (--output is one of {', '.join(OUTPUTS)}):\n{_listed(globally)}\n"
        f"Of lists: {', '.join(f'--{name}' for name in PAGES)}. Of operations: --{INPUT}.\n"
    )


def _operation(service: str, name: str) -> str:
    model = operation_of(api_of(service), name).model
    lines = [
        f"--{option} {_form(member.shape)}{'' if member.required else '  (optional)'}"
        for option, member in sorted(parameters(model).items(), key=lambda each: not each[1].required)
    ]
    pages = (
        f"\nIts pages are put together; {', '.join(f'--{each}' for each in PAGES)} are there.\n" if model.paging else ""
    )
    return f"aws {service} {name}\n\n{_listed(lines) if lines else '  It takes no parameters.'}{pages}"


def _listed(names: Iterable[str]) -> str:
    return "".join(f"  {name}\n" for name in names)


def _form(shape: Shape, depth: int = 0) -> str:
    """How a value is written, in shorthand."""
    if shape.enum:
        return " | ".join(shape.enum[:8]) + (" | ..." if len(shape.enum) > 8 else "")
    if shape.type == "list":
        return f"{_form(shape.element.shape, depth + 1)} ..."
    if shape.type == "map":
        return f"KEY={_form(shape.value.shape, depth + 1)},..."
    if shape.type == "structure":
        within = depth < _DEEPEST
        return ",".join(f"{each.name}={_form(each.shape, depth + 1) if within else '...'}" for each in shape.members)
    return shape.type.upper()
