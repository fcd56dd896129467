"""Credentials of ECS tasks' containers.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import hmac
from pathlib import Path

from iamd.agent.config import Config, Task
from iamd.agent.keeper import Keeper
from iamd.agent.replies import failure, iso, record
from iamd.agent.source import ECS, Credentials, NoCredentials, Wanted
from iamd.wire.http import Answer, HttpRequest

PREFIX = b"/v2/credentials/"
MAX_TOKEN = 16_384  # bytes


class Containers:
    """The roles of tasks, by the ids in their paths."""

    def __init__(self, config: Config, keeper: Keeper) -> None:
        self._config = config
        self._keeper = keeper
        self._tasks = {task.id.encode(): task for task in config.tasks}

    async def answer(self, request: HttpRequest) -> Answer:
        """Credentials for a client that knows the id and sends the task's token, if it has one."""
        if request.method not in ("GET", "HEAD"):
            return failure(405, "InvalidRequest", "Only GET is allowed")
        task = self._tasks.get(request.path.removeprefix(PREFIX))
        if task is None:
            return failure(400, "InvalidIdInRequest", "CredentialsV2Request: ID not found")
        if not _knows_token(request, task):
            return failure(401, "Unauthorized", "The Authorization header does not hold the token of this task")
        wanted = Wanted(task.role, ECS, task.id[:64], self._config.duration, self._source_arn(task))
        try:
            credentials = await self._keeper.credentials(wanted)
        except NoCredentials as error:
            return unavailable(error)
        return told(credentials, RoleArn=task.role)

    def _source_arn(self, task: Task) -> str:
        """Tasks of one account and region, as AWS has it: the cluster is not told."""
        _, partition, _, _, account_id, _ = task.role.split(":", 5)
        return f"arn:{partition}:ecs:{self._config.region}:{account_id}:*"


def _knows_token(request: HttpRequest, task: Task) -> bool:
    if task.token_file is None:
        return True
    try:
        with Path(task.token_file).open("rb") as file:  # anew each time: tokens are rotated
            token = file.read(MAX_TOKEN).strip()
    except OSError:
        return False
    given = (request.header(b"authorization") or "").encode("latin-1").strip()
    return bool(token) and hmac.compare_digest(token, given)


def told(credentials: Credentials, **more: str) -> Answer:
    """Credentials as the container providers of the SDKs read them."""
    return record(
        200,
        **more,
        AccessKeyId=credentials.access_key_id,
        SecretAccessKey=credentials.secret_access_key,
        Token=credentials.token,
        Expiration=iso(credentials.expires),
    )


def unavailable(error: NoCredentials) -> Answer:
    """No credentials; why, is in the agent's log, since it may name what is none of the workload's business."""
    if error.refused:
        return failure(403, "AccessDeniedException", "The role may not be assumed; the agent's log tells why")
    return failure(503, "ServiceUnavailable", "No credentials can be had just now; the agent's log tells why")
