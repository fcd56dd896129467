"""One request of a browser: what it entered, its cookies, and the token that tells our own forms from others'."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from iamd.services.signin.passwords import Entered, Visit
from iamd.wire.http import HttpRequest

_MAX_FORM = 16_384  # bytes
_MAX_QUERY = 8_192  # bytes
_LONGEST_ACCOUNT = 63  # characters, of an alias
_FORM_COOKIE = "iamd-sign-in"
_FORM_COOKIE_LENGTH = 43


@dataclass(frozen=True, slots=True)
class Browser:
    """One request. `cookie` is the browser's own or, when it brought none, a new one that the answer sets."""

    visit: Visit
    request: HttpRequest
    query: dict[str, str]
    known: str | None = field(repr=False)
    cookie: str = field(repr=False)

    @property
    def csrf(self) -> str:
        """The token of forms: it follows from the cookie, which nobody else can read."""
        return hashlib.sha256(f"form {self.cookie}".encode()).hexdigest()

    @property
    def action(self) -> str:
        """Where forms are sent: the page that shows them, with its query, for IAM users."""
        query = "&".join(part for part in self.request.query.decode("latin-1").split("&") if part and part != "as=root")
        path = self.request.path.decode("latin-1")
        return f"{path}?{query}" if query else path

    @property
    def action_as_root(self) -> str:
        """The same page for root users."""
        return f"{self.action}{'&' if '?' in self.action else '?'}as=root"

    def form(self, longest: int = _MAX_FORM) -> dict[str, str] | None:
        """What was entered; None when the form is not ours, or the browser keeps no cookies."""
        form = fields(self.request.body, longest)
        is_own = hmac.compare_digest(form.get("csrf", "").encode(errors="replace"), self.csrf.encode())
        return form if self.known is not None and is_own else None

    def set_cookie(self) -> bytes | None:
        """The header's value that sets the cookie of forms, if the browser has none."""
        return None if self.known is not None else new_cookie(self.request, _FORM_COOKIE, self.cookie)


def browser_of(visit: Visit, request: HttpRequest) -> Browser:
    """The request, taken apart."""
    known = cookie_of(request, _FORM_COOKIE)
    if known is not None and len(known) != _FORM_COOKIE_LENGTH:
        known = None
    return Browser(visit, request, fields(request.query, _MAX_QUERY), known, known or secrets.token_urlsafe(32))


def digest_of_agent(visit: Visit) -> str:
    """A digest of the browser's name, to which its session is bound: another machine seldom has the same."""
    return hashlib.sha256(visit.agent.encode(errors="replace")).hexdigest()[:32]


def entered(form: dict[str, str]) -> Entered:
    """What a person has entered in the form of the sign-in."""
    return Entered(
        form.get("account", "").strip(),
        form.get("name", "").strip(),
        form.get("password", ""),
        form.get("code", "").strip(),
        is_root=form.get("as") == "root",
    )


def nothing_entered(query: dict[str, str]) -> Entered:
    """The empty form of a page with that query, which may tell the account, and that it is the root user."""
    account = query.get("account", "")[:_LONGEST_ACCOUNT]
    return Entered(account, "", "", "", is_root=query.get("as") == "root")


def fields(encoded: bytes, longest: int) -> dict[str, str]:
    """The fields of a query or form; nothing of one that is too long or has a field twice."""
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, max_num_fields=24, errors="strict")
    except ValueError:
        return {}
    return dict(pairs) if len(encoded) <= longest and len(dict(pairs)) == len(pairs) else {}


def cookie_of(request: HttpRequest, name: str) -> str | None:
    """The value of one of our cookies, which hold nothing that would have to be quoted. (Python's SimpleCookie takes seconds
    for a header full of backslashes: CVE-2024-7592.)"""
    wanted, found = _spelled(request, name), None
    for pair in (request.header(b"cookie") or "").split(";"):
        told, _, value = pair.partition("=")
        if told.strip() == wanted:
            found = value.strip()
    return found


def new_cookie(request: HttpRequest, name: str, value: str, days: int | None = None) -> bytes:
    """The header's value that sets a cookie, for so many days or as long as the browser runs; an empty value removes
    it."""
    ends = "" if value and days is None else f"; Max-Age={86_400 * (days or 0) if value else 0}"
    secure = "; Secure" if request.secure else ""
    return f"{_spelled(request, name)}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{ends}".encode()


def _spelled(request: HttpRequest, name: str) -> str:
    """Over TLS the browser sees to it that nobody else has set the cookie (RFC 6265bis, 4.1.3)."""
    return f"__Host-{name}" if request.secure else name
