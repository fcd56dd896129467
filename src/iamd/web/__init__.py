"""For web applications in Python: a client of iamd's authorization API, and middleware that lets pass what is allowed.

Nothing is imported but the standard library until it is used: no web framework, and aiohttp for the asynchronous client
alone. Whatever goes wrong is a refusal: `Unavailable` has to be caught by whoever wants anything else.
"""

from .asgi import AskMiddleware, InvokeMiddleware
from .client import AsyncClient, Client, Unavailable
from .messages import PUBLIC, Decision, Entity, Principal, Question, Refused
from .wsgi import AskWsgiMiddleware, InvokeWsgiMiddleware

__all__ = [
    "PUBLIC",
    "AskMiddleware",
    "AskWsgiMiddleware",
    "AsyncClient",
    "Client",
    "Decision",
    "Entity",
    "InvokeMiddleware",
    "InvokeWsgiMiddleware",
    "Principal",
    "Question",
    "Refused",
    "Unavailable",
]
