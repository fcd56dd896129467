"""Events for benchmarks, as the server keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from iamd.audit.asked import Ask
from iamd.audit.templates import NO_RESPONSE, Template
from iamd.caller.caller import Caller
from iamd.services.catalogue import APIS
from iamd.store.waiting import Shape

_OPERATION = APIS["iam"].operations["GetUser"].model  # tells which parameters are recorded: none here
_AGENT = "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11 Botocore/1.44.5"

_templates: dict[tuple[str, str, str], Template] = {}


def shape(caller: Caller, name: str, asked: Sequence[Ask] = (), ip: str = "192.0.2.1") -> Shape:
    """What a call of IAM has in common with others."""
    place = caller.arn, name, ip
    template = _templates.get(place)
    if template is None:
        names = "iam.amazonaws.com", name, "us-east-1"
        template = _templates[place] = Template(caller, _OPERATION, names, ip, _AGENT, "iam")
    return template.shape(template.parameters({}), template.asked(asked), NO_RESPONSE)
