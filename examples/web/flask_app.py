"""Todos with Flask: iamd decides before a request reaches the application. Run: flask --app flask_app run

IAMD_URL and IAMD_TOKEN say where iamd is, and as whom it is asked (a user that may `iamd:Evaluate`).
"""

import os
from typing import Any

from flask import Flask

from iamd.web import PUBLIC, AskWsgiMiddleware, Client, Entity, Question

app = Flask(__name__)
iamd = Client(os.environ["IAMD_URL"], os.environ["IAMD_TOKEN"])
ACTIONS = {"GET": "read", "HEAD": "read", "PUT": "update", "DELETE": "delete"}


@app.route("/health")
def health() -> str:
    return "well"


@app.route("/todos/<id>", methods=["GET", "PUT", "DELETE"])
def todo(id: str) -> str:
    return f"todo {id}"


def asking(environ: dict[str, Any]) -> Any:
    """What a request asks for: who has signed in (here a header says so), which action, which todo."""
    if environ["PATH_INFO"] == "/health":
        return PUBLIC
    name = environ.get("HTTP_X_USER")
    if not name:
        return None
    action = ACTIONS.get(environ["REQUEST_METHOD"], "other")
    return Question(Entity("user", name), action, Entity("todo", environ["PATH_INFO"].removeprefix("/todos/")))


app.wsgi_app = AskWsgiMiddleware(app.wsgi_app, iamd, asking)  # type: ignore[method-assign]
