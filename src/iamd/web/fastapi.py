"""A dependency for FastAPI: `Depends(requires(client, "update", todo, subject=current_user))`.

FastAPI reads the annotations of dependencies as they stand, so they are not put off here.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from .client import AsyncClient, Unavailable
from .messages import Entity, Question
from .refusals import WHO, refusal

Found = Entity | Awaitable[Entity | None] | None
Of = Callable[[Any], Found]


def requires(
    client: AsyncClient,
    action: str,
    resource: Of,
    *,
    subject: Of,
    context: Callable[[Any], dict[str, Any]] = lambda request: {},
) -> Callable[..., Awaitable[None]]:
    """A dependency that lets a request pass if its subject may do the action to its resource.

    `resource` and `subject` answer an Entity for a Request, now or when awaited. Raises HTTPException: 401 without a
    subject, 403 without a resource or permission, 503 when iamd does not answer.
    """
    from fastapi import HTTPException, Request

    def refused(status: int) -> HTTPException:
        return HTTPException(status, refusal(status), {"WWW-Authenticate": WHO} if status == 401 else None)

    async def permitted(request: Request) -> None:
        who = await _found(subject(request))
        if who is None:
            raise refused(401)
        what = await _found(resource(request))
        if what is None:
            raise refused(403)
        try:
            decision = await client.evaluate(Question(who, action, what, context(request)))
        except Unavailable:
            raise refused(503) from None
        if not decision:
            raise refused(403)

    return permitted


async def _found(entity: Found) -> Entity | None:
    if inspect.isawaitable(entity):
        return await entity
    return entity
