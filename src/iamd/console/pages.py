"""Pages as answers: templates that escape everything, under a policy that runs no script and loads nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamd.wire.http import Answer

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).with_name("templates")


def page(template: str, *, status: int = 200, leads_to: str | None = None, **values: Any) -> Answer:
    """A template as an answer; its forms may be sent here, and lead on to the origin `leads_to`."""
    body = _environment().get_template(template).render(values).encode()
    return Answer(status, [(b"content-type", b"text/html; charset=utf-8"), *_headers(leads_to)], body)


def redirect(location: str) -> Answer:
    """On to another place, with GET."""
    return Answer(303, [(b"location", location.encode()), *_headers(None)], b"")


def _headers(leads_to: str | None) -> list[tuple[bytes, bytes]]:
    # Browsers hold the redirect after a form against `form-action`, too.
    policy = (
        f"default-src 'none'; style-src 'sha256-{_style_hash()}'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{'' if leads_to is None else f' {leads_to}'}"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-store"),
    ]


@cache
def _style() -> str:
    return (_TEMPLATES / "style.css").read_text()


@cache
def _style_hash() -> str:
    return base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow to import, and seldom needed
    from markupsafe import Markup

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.globals["style"] = Markup(_style())  # noqa: S704  # a file of ours
    return environment
