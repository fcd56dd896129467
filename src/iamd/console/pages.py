"""Pages as answers: templates that escape everything, under a policy that loads nothing, and runs no script but one of
ours, by its digest, where a page has one."""

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
_STYLE = "style.css"


def page(
    template: str, *, status: int = 200, leads_to: str | None = None, script: str | None = None, **values: Any
) -> Answer:
    """A template as an answer; its forms may be sent here, and lead on to the origin `leads_to`. It runs the script of
    that name, if any."""
    from markupsafe import Markup

    text = None if script is None else Markup(_text(script))  # noqa: S704  # a file of ours
    body = _environment().get_template(template).render(values, script=text).encode()
    return Answer(status, [(b"content-type", b"text/html; charset=utf-8"), *_headers(leads_to, script)], body)


def redirect(location: str) -> Answer:
    """On to another place, with GET."""
    return Answer(303, [(b"location", location.encode()), *_headers()], b"")


def _headers(leads_to: str | None = None, script: str | None = None) -> list[tuple[bytes, bytes]]:
    # Browsers hold the redirect after a form against `form-action`, too.
    policy = (
        f"default-src 'none'; style-src {_digest(_STYLE)}; "
        f"{'' if script is None else f'script-src {_digest(script)}; '}base-uri 'none'; frame-ancestors 'none'; "
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
def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text()


@cache
def _digest(name: str) -> str:
    """How the policy of a page names a style sheet or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(_text(name).encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow to import, and seldom needed
    from markupsafe import Markup

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.globals["style"] = Markup(_text(_STYLE))  # noqa: S704  # a file of ours
    return environment
