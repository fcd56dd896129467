"""Middleware for WSGI applications (Flask, Django): what iamd does not allow does not reach them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .client import Client, Unavailable
from .messages import PUBLIC, Public, Question, Refused
from .refusals import TEXT, WHO, refusal, status_line

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]
Asking = Callable[[Environ], Question | Public | None]

PRINCIPAL = "iamd.principal"
"""Where in the environment the application finds whose request it is."""


class AskWsgiMiddleware:
    """Asks a question about every request, for applications that know who their users are.

    `asking` answers the question, PUBLIC for what everybody may do, or None when nobody has signed in (401).
    """

    def __init__(self, app: App, client: Client, asking: Asking) -> None:
        self._app = app
        self._client = client
        self._asking = asking

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, or refuse it."""
        question = self._asking(environ)
        if question is not PUBLIC:
            try:
                allowed = isinstance(question, Question) and self._client.evaluate(question)
            except Unavailable:
                return _refuse(start_response, 503)
            if not allowed:
                return _refuse(start_response, 401 if question is None else 403)
        return self._app(environ, start_response)


class InvokeWsgiMiddleware:
    """Asks whose request it is and whether it may invoke the API of that name, by the client's own signature (for the
    service `execute-api`) or bearer token. The application finds the Principal in the environment, under PRINCIPAL.

    Servers must tell the path as it was sent, as `RAW_URI` (gunicorn, werkzeug) or `REQUEST_URI` (uWSGI, mod_wsgi);
    behind others everything is refused.
    """

    def __init__(self, app: App, client: Client, api: str) -> None:
        self._app = app
        self._client = client
        self._api = api

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, or refuse it."""
        target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
        try:
            if not target.startswith("/"):
                raise Refused(403, "the server does not tell the path as it was sent")
            headers, host = list(_headers(environ)), environ.get("HTTP_HOST", "")
            principal = self._client.invoke(self._api, environ["REQUEST_METHOD"], target, host, headers)
        except Refused as refused:
            return _refuse(start_response, refused.status)
        except Unavailable:
            return _refuse(start_response, 503)
        return self._app({**environ, PRINCIPAL: principal}, start_response)


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
    if environ.get("CONTENT_TYPE"):
        yield "content-type", environ["CONTENT_TYPE"]


def _refuse(start_response: StartResponse, status: int) -> Iterable[bytes]:
    body = refusal(status).encode()
    headers = [("Content-Type", TEXT), ("Content-Length", str(len(body)))]
    if status == 401:
        headers.append(("WWW-Authenticate", WHO))
    start_response(status_line(status), headers)
    return [body]
