"""`/v1/authorize`: a person signs in, is asked, and is sent back to the program with a code.

Nothing is kept between the steps: who has signed in stands in a sealed ticket in the form, which is good for one
browser and one request. A token that is bound to a cookie tells that the forms are our own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

import msgspec

from iamd.audit.event import new_uuid
from iamd.server.asgi import Answer
from iamd.server.exchange import now
from iamd.server.sign_in.pages import page, redirect
from iamd.server.telemetry import log
from iamd.services.call import Realm
from iamd.services.signin.authorization import Malformed, Requested, grant, read
from iamd.services.signin.passwords import Entered, Refused, Visit, sign_in
from iamd.services.signin.people import Person, principal_arn
from iamd.store.errors import NoAccount, StoreError
from iamd.store.sealing import SealError
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest

PATH = b"/v1/authorize"
_TICKET_SECONDS = 300
_MAX_FORM = 16_384  # bytes
_MAX_QUERY = 8_192  # bytes
_TICKET = b"sign-in consent"


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    """Who has signed in; good for the browser of that cookie and for that query, both by digest."""

    person: Person
    browser: str
    query: str
    expires: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One request of a browser, its authorization request understood."""

    visit: Visit
    request: HttpRequest
    requested: Requested
    cookie: str  # the browser's, or a new one

    @property
    def csrf(self) -> str:
        """The token of forms: it follows from the cookie, which nobody else can read."""
        return hashlib.sha256(f"form {self.cookie}".encode()).hexdigest()

    @property
    def action(self) -> str:
        """Where forms are sent: the same authorization request."""
        return f"{PATH.decode()}?{self.request.query.decode('latin-1')}".removesuffix("&as=root")


def is_for_people(request: HttpRequest) -> bool:
    """Whether a request is for the pages."""
    return request.path == PATH


async def answer(realm: Realm, request: HttpRequest) -> Answer:
    """Show the page that comes next, or send the browser back to the program."""
    request_id = new_uuid()
    try:
        answered = await _answer(realm, request, request_id)
    except (StoreError, NoAccount):
        log.error("the store failed", request_id=request_id, exc_info=True)
        answered = page("problem.html", status=503, problem="The service is unavailable. Please try again later.")
    except Exception:
        log.error("a sign-in failed", request_id=request_id, exc_info=True)
        answered = page("problem.html", status=500, problem="Something went wrong here. Please try again.")
    answered.headers.append((b"x-amzn-requestid", request_id.encode()))
    return answered


async def _answer(realm: Realm, request: HttpRequest, request_id: str) -> Answer:
    if request.method not in ("GET", "HEAD", "POST"):
        refused = page("problem.html", status=405, problem="Open this page with a browser.")
        refused.headers.append((b"allow", b"GET, POST"))
        return refused
    host = request.header(b"host") or ""
    agent = request.header(b"user-agent") or ""
    visit = Visit(realm, now(), request_id, request.client_ip, agent, host if request.secure else None)
    query = _fields(request.query, _MAX_QUERY)
    try:
        requested = read(query, host)
    except Malformed as error:
        return page("problem.html", status=400, problem=str(error))
    await realm.store.refresh(request.arrived)
    known = _cookie(request)
    step = _Step(visit, request, requested, known or secrets.token_urlsafe(32))
    if request.method != "POST":
        answered = _form(step, Entered("", "", "", "", is_root=query.get("as") == "root"))
    elif known is None or not _is_own(step, form := _fields(request.body, _MAX_FORM)):
        answered = page("problem.html", status=403, problem="The form is out of date, or cookies are turned off.")
    elif form.get("step") == "consent":
        answered = await _consented(step, form)
    else:
        answered = await _signed_in(step, form)
    if known is None:
        answered.headers.append((b"set-cookie", _set_cookie(step)))
    return answered


def _fields(encoded: bytes, longest: int) -> dict[str, str]:
    """The fields of a query or form; nothing of one that is too long or has a field twice."""
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, max_num_fields=24, errors="strict")
    except ValueError:
        return {}
    return dict(pairs) if len(encoded) <= longest and len(dict(pairs)) == len(pairs) else {}


async def _signed_in(step: _Step, form: dict[str, str]) -> Answer:
    entered = Entered(
        form.get("account", "").strip(),
        form.get("name", "").strip(),
        form.get("password", ""),
        form.get("code", "").strip(),
        is_root=form.get("as") == "root",
    )
    try:
        person = await sign_in(step.visit, entered)
    except Refused as refused:
        return _form(step, entered, str(refused))
    records = await step.visit.realm.store.load(person.account_id)
    return page(
        "consent.html",
        leads_to=step.requested.origin,
        requested=step.requested,
        arn=principal_arn(records, person.owner_id),
        action=step.action,
        csrf=step.csrf,
        ticket=_ticket(step, person),
    )


async def _consented(step: _Step, form: dict[str, str]) -> Answer:
    person = _opened(step, form.get("ticket", ""))
    if person is None:
        return _form(step, Entered("", "", "", "", is_root=False), "You have waited too long. Please sign in again.")
    if form.get("answer") != "allow":
        return _back(step, error="access_denied", error_description="The request was denied.")
    try:
        code = await grant(step.visit, person, step.requested)
    except AwsError as refused:
        return _back(step, error="access_denied", error_description=refused.message)
    if step.requested.origin is None:
        return page("code.html", code=step.requested.carried(code))
    return _back(step, code=code)


def _back(step: _Step, **values: str) -> Answer:
    if step.requested.origin is None:
        return page("problem.html", status=403, problem=values["error_description"])
    return redirect(step.requested.answer(**values))


def _form(step: _Step, entered: Entered, problem: str | None = None) -> Answer:
    return page(
        "sign_in.html",
        status=200 if problem is None else 403,
        leads_to=step.requested.origin,
        entered=entered,
        problem=problem,
        action=step.action,
        csrf=step.csrf,
    )


def _is_own(step: _Step, form: dict[str, str]) -> bool:
    return hmac.compare_digest(form.get("csrf", "").encode(), step.csrf.encode())


def _cookie_name(secure: bool) -> str:
    return "__Host-iamd-sign-in" if secure else "iamd-sign-in"


def _cookie(request: HttpRequest) -> str | None:
    """The browser's cookie, if it is one of ours by its looks."""
    try:
        morsel = SimpleCookie(request.header(b"cookie") or "").get(_cookie_name(request.secure))
    except CookieError:
        return None
    return morsel.value if morsel is not None and len(morsel.value) == 43 else None


def _set_cookie(step: _Step) -> bytes:
    secure = step.request.secure
    return (
        f"{_cookie_name(secure)}={step.cookie}; Path=/; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"
    ).encode()


def _bindings(step: _Step) -> tuple[str, str]:
    query = step.action.encode()
    return hashlib.sha256(step.cookie.encode()).hexdigest(), hashlib.sha256(query).hexdigest()


def _ticket(step: _Step, person: Person) -> str:
    ticket = _Ticket(person, *_bindings(step), int(step.visit.now.timestamp()) + _TICKET_SECONDS)
    sealed = step.visit.realm.sealer.seal(msgspec.msgpack.encode(ticket), _TICKET)
    return base64.urlsafe_b64encode(sealed).decode()


def _opened(step: _Step, text: str) -> Person | None:
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
        ticket = msgspec.msgpack.decode(step.visit.realm.sealer.open(raw, _TICKET), type=_Ticket)
    except (binascii.Error, ValueError, SealError, msgspec.MsgspecError):
        return None
    fits = (ticket.browser, ticket.query) == _bindings(step)
    return ticket.person if fits and step.visit.now.timestamp() <= ticket.expires else None
