"""The page that says what iamd answers of AWS's APIs: every operation of every service model, and what is refused."""

from collections.abc import Iterator

from iamd.services.catalogue import APIS
from iamd.services.registry import Api
from tools.markdown import NOTE, code, table


def coverage_page() -> str:
    """Return the page's text."""
    rows = (
        (
            f"[{title(api)}](#{api.model.name})",
            api.model.api_version,
            str(len(api.model.operations)),
            str(len(api.operations)),
            f"{len(api.operations) / len(api.model.operations):.0%}",
        )
        for api in APIS.values()
    )
    head = ("API", "version", "operations", "served", "share")
    return f"""{NOTE}
# Coverage

Every operation of the service models, and what becomes of it. An operation that is served takes every input of the model but those listed as refused: one of these is answered with `InvalidInput` and the reason when it is sent, so nothing that a client sends is dropped without a word. An operation that is not served answers `InvalidAction` (400); so does one that a newer model brings, which stops nothing else, and a new input of an old operation is refused.

{table(head, rows)}
{"".join(section(api) for api in APIS.values())}"""


def title(api: Api) -> str:
    return api.model.name.upper()


def section(api: Api) -> str:
    """Return what there is to say about one API."""
    rows = ((code(name), outcome(api, name)) for name in sorted(api.model.operations))
    listed = list(refused(api))
    inputs = table(("operation", "input", "why"), listed) if listed else "None.\n"
    return (
        f"## {title(api)}\n\n### Refused inputs of {title(api)}\n\n{inputs}\n"
        f"### Operations of {title(api)}\n\n{table(('operation', ''), rows)}\n"
    )


def outcome(api: Api, name: str) -> str:
    """Return what becomes of an operation."""
    if name in api.operations:
        return "served"
    return f"not served: {api.declined[name]}" if name in api.declined else "not served"


def refused(api: Api) -> Iterator[tuple[str, str, str]]:
    """Yield operation, input and reason of every input that is refused when it is sent."""
    for name, operation in sorted(api.operations.items()):
        names = {member.snake: member.name for member in operation.model.inputs}
        for member, reason in operation.refuses.items():
            yield code(name), code(names[member]), reason
