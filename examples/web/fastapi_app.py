"""Todos with FastAPI: iamd decides who may read and change which. Run: uvicorn fastapi_app:app

IAMD_URL and IAMD_TOKEN say where iamd is, and as whom it is asked (a user that may `iamd:Evaluate`).
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from iamd.web import AsyncClient, Entity
from iamd.web.fastapi import requires

iamd = AsyncClient(os.environ["IAMD_URL"], os.environ["IAMD_TOKEN"])
TODOS = {"1": {"owner": "alice", "text": "Water the plants"}, "2": {"owner": "bob", "text": "Mend the roof"}}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Close iamd's connections at the end."""
    async with iamd:
        yield


app = FastAPI(lifespan=lifespan)


def signed_in(request: Request) -> Entity | None:
    """Who has signed in. Here a header says so; yours is what your sign-in says."""
    name = request.headers.get("x-user")
    return Entity("user", name) if name else None


def todo(request: Request) -> Entity | None:
    """The todo that the path names, with its owner."""
    found = TODOS.get(request.path_params["id"])
    return found and Entity("todo", request.path_params["id"], {"owner": found["owner"]})


@app.get("/todos/{id}", dependencies=[Depends(requires(iamd, "read", todo, subject=signed_in))])
async def read(id: str) -> dict[str, str]:
    return TODOS[id]


@app.put("/todos/{id}", dependencies=[Depends(requires(iamd, "update", todo, subject=signed_in))])
async def update(id: str, text: Annotated[str, "the new one"]) -> dict[str, str]:
    TODOS[id] = {**TODOS[id], "text": text}
    return TODOS[id]
