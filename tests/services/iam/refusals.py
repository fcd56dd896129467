"""How a refusal is asserted in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.services.iam.support import refused


def assert_refused(operation: Callable[..., Any], code: str, message: str, /, **params: Any) -> None:
    """The call fails with exactly this code and message."""
    assert refused(operation, **params) == (code, message)
