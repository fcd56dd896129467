"""Tables of mappings: the resource of an operation as a template that is filled in from its parameters.

`cluster/{cluster|default}` takes the parameter `cluster`, or `default` where it is absent; `instance/{InstanceIds[]}` is one
resource for each element of a list. A parameter that is an ARN of the service stands for the whole resource when it is
the template's last field, else for the last part of its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_FIELD = re.compile(r"\{(\w+)(\[\])?(?:\|([^}]*))?\}")
_MOST = 1000

Keys = Callable[[Inquiry], Context]


def table(
    service: str, rows: Mapping[str, str], keys: Keys | None = None, tells: tuple[str, ...] = ()
) -> dict[str, Mapper]:
    """Mappers by operation. `rows` hold templates, of which a blank sets apart several that are all needed, and under each
    the names of its operations; `*` is no resource. `keys` tells of requests what their tags do not."""
    return {
        operation: _mapper(service, tuple(templates.split()), keys, tells)
        for templates, operations in rows.items()
        for operation in operations.split()
    }


def _mapper(service: str, templates: tuple[str, ...], keys: Keys | None, tells: tuple[str, ...]) -> Mapper:
    def needs(inquiry: Inquiry) -> list[Need]:
        context = request_tags(inquiry.document) | (keys(inquiry) if keys else {})
        action = f"{service}:{inquiry.asked.operation.name}"
        return [Need(action, arn, context, tells) for each in templates for arn in resources(inquiry, service, each)]

    return needs


def resources(inquiry: Inquiry, service: str, template: str) -> list[str]:
    """The ARNs that a template stands for; raises Unmapped."""
    if template == "*":
        return ["*"]
    fields = list(_FIELD.finditer(template))
    if not fields:
        return [inquiry.arn(service, template)]
    last = fields.pop()
    values = {each[1]: _part(inquiry, service, each) for each in fields}
    kind, end = template[: template.index("{")], template[last.end() :]
    start = _FIELD.sub(lambda found: values[found[1]], template[: last.start()])
    if end.startswith("/"):
        return [inquiry.arn(service, start + _part(inquiry, service, last) + end)]
    found = []
    for value in _values(inquiry, last):
        if value.startswith("arn:"):
            found.append(checked_arn(value, service, kind))
        else:
            found.append(inquiry.arn(service, start + (value if value == last[3] else checked_name(value)) + end))
    return found


def _values(inquiry: Inquiry, field: re.Match[str]) -> list[str]:
    given = inquiry.document.get(field[1])
    if given in (None, "") and field[3] is not None:
        return [field[3]]
    values = given if field[2] and isinstance(given, list) else [given]
    if not values or len(values) > _MOST or not all(isinstance(value, str) and value for value in values):
        raise Unmapped(f"{inquiry.asked.operation.name} needs {field[1]}.")
    return [str(value) for value in values]


def _part(inquiry: Inquiry, service: str, field: re.Match[str]) -> str:
    """A part of a resource's name: the name of another resource, of the same account."""
    (value,) = _values(inquiry, field)
    if not value.startswith("arn:"):
        return checked_name(value)
    arn = checked_arn(value, service, "")
    if arn.split(":")[3:5] != [inquiry.region, inquiry.account_id]:
        raise Unmapped(f"`{value[:256]}` is of another region or account.")
    return re.split("[:/]", arn)[-1]


def global_arn(inquiry: Inquiry, service: str, rest: str) -> str:
    """The ARN of a resource that has an account and no region."""
    return f"arn:{PARTITION}:{service}::{inquiry.account_id}:{rest}"
