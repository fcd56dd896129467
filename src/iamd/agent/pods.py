"""EKS Pod Identity: the role of a pod's service account, for the token that Kubernetes has projected into the pod.

On EKS the agent passes the token on, and AWS asks the cluster about it. Here the cluster's public keys are in a file
(`kubectl get --raw /openid/v1/jwks`), and the associations of service accounts with roles are in the agent's own.
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from iamd.agent.config import Config, ConfigError, Pods
from iamd.agent.containers import told, unavailable
from iamd.agent.keeper import Keeper
from iamd.agent.replies import failure
from iamd.agent.source import PODS, NoCredentials, Wanted
from iamd.wire.http import Answer, HttpRequest

PATH = b"/v1/credentials"
ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]  # asymmetric ones, which Kubernetes signs with
MAX_TOKEN = 16_384  # characters
_LEEWAY = 60  # seconds by which clocks may differ
_UUID = 36


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, as a token of its service account names it."""

    namespace: str
    service_account: str
    name: str
    uid: str


class PodIdentity:
    """The roles of one cluster's service accounts. Raises ConfigError when the cluster's keys cannot be read."""

    def __init__(self, config: Config, pods: Pods, keeper: Keeper) -> None:
        self._config = config
        self._pods = pods
        self._keeper = keeper
        self._roles = {(each.namespace, each.service_account): each.role for each in pods.associations}
        self._rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": pods.issuer},
            aud={"essential": True, "value": PODS},
            exp={"essential": True},
        )
        self._keys()

    async def answer(self, request: HttpRequest) -> Answer:
        """Credentials for the pod whose token is sent as Authorization."""
        if request.method not in ("GET", "HEAD"):
            return failure(405, "InvalidRequestException", "Only GET is allowed")
        token = request.header(b"authorization")
        if not token:
            return failure(400, "InvalidParameterException", "Service account token cannot be empty")
        pod = self._pod(token)
        if pod is None:
            return failure(
                400, "InvalidTokenException", "Service account token in the Authorization header is not valid"
            )
        role = self._roles.get((pod.namespace, pod.service_account))
        if role is None:
            return failure(404, "ResourceNotFoundException", "The service account has no association with a role")
        try:
            credentials = await self._keeper.credentials(self._wanted(pod, role))
        except NoCredentials as error:
            return unavailable(error)
        return told(credentials, AccountId=role.split(":")[4])

    def _keys(self) -> KeySet:
        """Read anew each time: clusters change their keys."""
        try:
            return KeySet.import_key_set(json.loads(Path(self._pods.jwks_file).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
            raise ConfigError(f"{self._pods.jwks_file} holds no key set (JWKS): {error}") from error

    def _pod(self, token: str) -> Pod | None:
        """The pod that a token names, if the cluster signed it, for this use, and it is valid now."""
        if len(token) > MAX_TOKEN:
            return None
        try:
            claims = jwt.decode(token, self._keys(), algorithms=ALGORITHMS).claims
            self._rules.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        return _named(claims)

    def _wanted(self, pod: Pod, role: str) -> Wanted:
        cluster = self._pods.cluster.rpartition("/")[2]
        name = f"eks-{cluster[:10]}-{pod.name}"[: 64 - _UUID - 1]
        tags = (
            ("eks-cluster-arn", self._pods.cluster),
            ("eks-cluster-name", cluster),
            ("kubernetes-namespace", pod.namespace),
            ("kubernetes-service-account", pod.service_account),
            ("kubernetes-pod-name", pod.name),
            ("kubernetes-pod-uid", pod.uid),
        )
        session = f"{name}-{pod.uid}"[:64]
        return Wanted(role, PODS, session, self._config.duration, self._pods.cluster, tags)


def _named(claims: Mapping[str, Any]) -> Pod | None:
    """The pod of a token that is bound to one; other tokens of service accounts stay where they are."""
    bound = claims.get("kubernetes.io")
    if not isinstance(bound, dict):
        return None
    pod, account = bound.get("pod"), bound.get("serviceaccount")
    if not isinstance(pod, dict) or not isinstance(account, dict):
        return None
    texts = (bound.get("namespace"), account.get("name"), pod.get("name"), pod.get("uid"))
    if not all(isinstance(text, str) and text for text in texts):
        return None
    return Pod(*map(str, texts))
