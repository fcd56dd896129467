"""The instance metadata service, version 2.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from iamd.agent.config import Config, Instance
from iamd.agent.identity_document import document, signer_of
from iamd.agent.keeper import Keeper
from iamd.agent.metadata_tokens import MAX_SECONDS, MetadataTokens
from iamd.agent.replies import iso, page, text
from iamd.agent.source import EC2, NoCredentials, Profile, Wanted
from iamd.wire.http import Answer, HttpRequest

TOKEN = b"x-aws-ec2-metadata-token"
TTL = b"x-aws-ec2-metadata-token-ttl-seconds"
VERSIONS = ("2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "2021-07-15", "latest")

# What is at a path: text, text that has to be worked out, or further paths.
Node = str | Callable[[], Awaitable[str]] | Mapping[str, "Node"]

_HELP = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc"
)


class Metadata:
    """What an instance learns about itself."""

    def __init__(self, config: Config, instance: Instance, keeper: Keeper, started: datetime) -> None:
        self._config = config
        self._instance = instance
        self._keeper = keeper
        self._started = started
        self._tokens = MetadataTokens()
        self._signer = signer_of(instance)
        self._tree: Node = {
            "dynamic": {"instance-identity": self._identity()},
            "meta-data": self._facts() | {"iam": {}},
        }

    async def answer(self, request: HttpRequest) -> Answer:
        """Answer a request that the door has let in."""
        if request.path == b"/latest/api/token":
            return self._token(request)
        if request.method not in ("GET", "HEAD"):
            return page(405, (b"allow", b"GET, HEAD"))
        given = request.header(TOKEN)
        if given is None and not self._instance.v1:
            return page(401)
        if given is not None and not self._tokens.accepts(given):
            return page(401)
        found = await self._find(request.path.decode("latin-1"), "1.0" if given is None else "2.0")
        return page(404) if found is None else text(found)

    def _token(self, request: HttpRequest) -> Answer:
        if request.method != "PUT":
            return page(405, (b"allow", b"PUT"))
        asked = request.header(TTL) or ""
        if not (asked.isascii() and asked.isdecimal() and len(asked) <= 5 and 1 <= int(asked) <= MAX_SECONDS):
            return page(400)
        return text(self._tokens.issue(int(asked)), (TTL, asked.encode()))

    async def _find(self, path: str, delivery: str) -> str | None:
        """The text at a path: a value, or the names below; None where there is nothing. `delivery` is the version of
        the service that the client uses."""
        version, *steps = [step for step in path.split("/") if step] or [""]
        if not version:
            return "\n".join(VERSIONS)
        node: Node | None = self._tree if version in VERSIONS else None
        if steps[:2] == ["meta-data", "iam"] and node is not None:
            node, steps = await self._iam(delivery), steps[2:]
        for step in steps:
            node = node.get(step) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping):
            return "\n".join(f"{name}/" if isinstance(below, Mapping) else name for name, below in node.items())
        return await node() if callable(node) else node

    def _facts(self) -> dict[str, Node]:
        instance, region = self._instance, self._config.region
        host = f"ip-{instance.private_ip.replace('.', '-').replace(':', '-')}.{region}.compute.internal"
        return {
            "ami-id": instance.image,
            "ami-launch-index": "0",
            "hostname": host,
            "instance-id": instance.id,
            "instance-type": instance.type,
            "local-hostname": host,
            "local-ipv4": instance.private_ip,
            "placement": {"availability-zone": instance.zone or f"{region}a", "region": region},
            "services": {"domain": "amazonaws.com", "partition": self._arn.split(":")[1]},
        }

    def _identity(self) -> dict[str, Node]:
        told = document(self._instance, self._arn.split(":")[4], self._config.region, self._started)
        if self._signer is None:
            return {"document": told}
        structure = self._signer.pkcs7(told)
        return {
            "document": told,
            "pkcs7": structure,
            "rsa2048": structure,
            "signature": self._signer.signature(told),
        }

    @property
    def _arn(self) -> str:
        return self._instance.role or self._instance.profile or ""

    async def _iam(self, delivery: str) -> Mapping[str, Node]:
        """`iam/`: the profile and the credentials of its role."""
        try:
            profile = await self._profile()
        except NoCredentials:
            told = {"Code": "InstanceProfileNotFound", "Message": self._not_found(), "LastUpdated": self._updated()}
            return {"info": _object(told)}
        name = profile.role_arn.rpartition("/")[2]
        wanted = Wanted(
            profile.role_arn, EC2, self._instance.id, self._config.duration, keys=self._keys(profile, delivery)
        )
        info = {
            "Code": "Success",
            "LastUpdated": self._updated(),
            "InstanceProfileArn": profile.arn,
            "InstanceProfileId": profile.id,
        }
        below: dict[str, Node] = {"info": _object(info)} if profile.id else {}
        return below | {"security-credentials": {name: lambda: self._credentials(name, wanted)}}

    def _keys(self, profile: Profile, delivery: str) -> tuple[tuple[str, str], ...]:
        """What EC2 tells of the instance's sessions, so that policies can demand the second version.

        https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
        """
        _, partition, _, _, account_id, _ = profile.role_arn.split(":", 5)
        instance = f"arn:{partition}:ec2:{self._config.region}:{account_id}:instance/{self._instance.id}"
        return (("ec2:roledelivery", delivery), ("ec2:sourceinstancearn", instance))

    async def _profile(self) -> Profile:
        if self._instance.profile is not None:
            return await self._keeper.profile(self._instance.profile)
        return Profile("", "", self._instance.role or "")

    async def _credentials(self, name: str, wanted: Wanted) -> str:
        try:
            credentials = await self._keeper.credentials(wanted)
        except NoCredentials as error:
            code = "AssumeRoleUnauthorizedAccess" if error.refused else "Failed"
            said = f"EC2 cannot assume the role {name}. Please see documentation at {_HELP}."
            return _object({"Code": code, "Message": said, "LastUpdated": self._updated()})
        return _object(
            {
                "Code": "Success",
                "LastUpdated": iso(credentials.issued),
                "Type": "AWS-HMAC",
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "Token": credentials.token,
                "Expiration": iso(credentials.expires),
            }
        )

    def _not_found(self) -> str:
        name = self._arn.rpartition("/")[2]
        return f"Instance Profile with name {name} cannot be found. Please see documentation at {_HELP}."

    def _updated(self) -> str:
        return iso(self._keeper.now())


def _object(members: Mapping[str, Any]) -> str:
    """JSON in the metadata service's own spacing."""
    return json.dumps(members, indent=2, separators=(",", " : "))
