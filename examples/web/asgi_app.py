"""An API without any sign-in of its own: clients sign as for API Gateway, or send a bearer token, and iamd says who it
is and whether they may. Run: uvicorn asgi_app:app

IAMD_URL says where iamd is.
"""

import os

from iamd.web import AsyncClient, InvokeMiddleware
from iamd.web.asgi import PRINCIPAL, Receive, Scope, Send


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Greet whoever calls."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = f"Hello, {scope[PRINCIPAL].arn}\n".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


app = InvokeMiddleware(hello, AsyncClient(os.environ["IAMD_URL"]), api="hello")
