"""AWS's role templates, as GetRoleTemplateVersion answered them in September 2026.

The documents in them are kept parsed. AWS's directory of templates names seven more, which it did not hand out then.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_suffix(".json")
_TIMES = ("CreateTimestamp", "UpdateTimestamp")

# A `RoleTemplateVersion` structure by the service model's names.
RoleTemplate = Mapping[str, Any]


def get(arn: str, minor_version: int | None = None) -> RoleTemplate | None:
    """Return a template's version, the default one unless another is named; None when AWS has none."""
    template = _templates().get(arn)
    if template is None or minor_version not in (None, template["MinorVersion"]):
        return None
    return template


@cache
def _templates() -> Mapping[str, RoleTemplate]:
    found = json.loads(_FILE.read_text())
    times = ({name: datetime.fromisoformat(template[name]) for name in _TIMES} for template in found)
    return {template["TemplateArn"]: {**template, **when} for template, when in zip(found, times, strict=True)}
