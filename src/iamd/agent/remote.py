"""Sessions from an STS endpoint, with the agent's own credentials: those that botocore finds in the environment and
the AWS configuration files."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from iamd.agent.source import Credentials, NoCredentials, Profile, Wanted

# The agent would ask itself.
_ENDPOINTS = ("container-role", "iam-role")
# What tells that the role may not be had, and not that it cannot be asked for just now.
_REFUSALS = frozenset({"AccessDenied", "NoSuchEntity"})
_CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


class StsSource:
    """`endpoint_url` None: the one of the AWS configuration (`AWS_ENDPOINT_URL`), or AWS itself."""

    patience = timedelta(seconds=5)

    def __init__(self, region: str, endpoint_url: str | None = None, profile: str | None = None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._profile = profile

    async def assume(self, wanted: Wanted) -> Credentials:
        """AssumeRole; the trust policy must name the agent's own principal."""
        return await asyncio.to_thread(self.assume_now, wanted)

    def assume_now(self, wanted: Wanted) -> Credentials:
        """The same, in this thread."""
        issued = datetime.now(UTC)
        tags: dict[str, Any] = {
            "Tags": [{"Key": key, "Value": value} for key, value in wanted.tags],
            "TransitiveTagKeys": [key for key, _ in wanted.tags],
        }
        reply = self._call(
            "sts",
            "assume_role",
            RoleArn=wanted.role_arn,
            RoleSessionName=wanted.session_name,
            DurationSeconds=wanted.seconds,
            **(tags if wanted.tags else {}),
        )["Credentials"]
        return Credentials(
            reply["AccessKeyId"], reply["SecretAccessKey"], reply["SessionToken"], issued, reply["Expiration"]
        )

    async def holds(self, wanted: Wanted, credentials: Credentials) -> bool:
        """Nothing is known of them here before they are renewed."""
        return True

    async def profile(self, arn: str) -> Profile:
        """GetInstanceProfile."""
        name = arn.rpartition("/")[2]
        found = (await asyncio.to_thread(self._call, "iam", "get_instance_profile", InstanceProfileName=name))[
            "InstanceProfile"
        ]
        if found["Arn"] != arn or not found["Roles"]:
            raise NoCredentials(f"there is no instance profile {arn} with a role", refused=True)
        return Profile(arn, found["InstanceProfileId"], found["Roles"][0]["Arn"])

    def _call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        # Made anew each time, which is once a session: keys that were replaced on disk are found, and threads share
        # nothing.
        try:
            session = botocore.session.Session(profile=self._profile)
            resolver = session.get_component("credential_provider")
            for name in _ENDPOINTS:
                resolver.remove(name)
            client = session.create_client(
                service,
                region_name=session.get_config_variable("region") or self._region,
                endpoint_url=self._endpoint_url,
                config=_CONFIG,
            )
            reply: dict[str, Any] = getattr(client, operation)(**parameters)
        except ClientError as error:
            told = error.response["Error"]
            raise NoCredentials(f"{told.get('Code')}: {told.get('Message')}", told.get("Code") in _REFUSALS) from error
        except BotoCoreError as error:
            raise NoCredentials(str(error), refused=False) from error
        return reply
