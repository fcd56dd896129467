"""EKS Pod Identity: a service account's token for the credentials of its role."""

from __future__ import annotations

import base64
import hmac
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from iamd.agent.config import ConfigError
from tests.agent.support import ROLE, Agent
from tests.agent.test_providers import who
from tests.live import ACCOUNT, live
from tests.services.roles import make_role, trust

CLUSTER = f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/dev"
ISSUER = "https://kubernetes.default.svc"
UID = "0b8b2a4e-2f8a-4f6e-9a0e-1d2c3b4a5f60"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
BOUND = {
    "namespace": "shop",
    "serviceaccount": {"name": "web", "uid": UID},
    "pod": {"name": "web-5d4f", "uid": UID},
}


def token(key=KEY, algorithm="RS256", **changes):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": ["pods.eks.amazonaws.com"], "sub": "system:serviceaccount:shop:web"}
    claims |= {"iat": now, "nbf": now, "exp": now + 600, "kubernetes.io": BOUND, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": "one"}, claims, key, algorithms=[algorithm])


def confused(genuine):
    """A token that takes the public key for the secret of an HMAC."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    said = f"{head}.{genuine.split('.')[1]}"
    mac = hmac.digest(KEY.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def pods(folder, key=KEY):
    (folder / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    association = {"namespace": "shop", "service_account": "web", "role": ROLE}
    return {"cluster": CLUSTER, "issuer": ISSUER, "jwks_file": str(folder / "jwks.json"), "associations": [association]}


@pytest.fixture
def agent(tmp_path):
    return Agent(pods=pods(tmp_path))


def code(answer):
    return answer.status, json.loads(answer.body).get("code")


def test_the_pod_gets_the_role_of_its_service_account(agent):
    answer = agent.ask("/v1/credentials", authorization=token())
    assert answer.status == 200
    assert list(json.loads(answer.body)) == ["AccountId", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"]
    (asked,) = agent.source.asked
    assert (asked.role_arn, asked.service, asked.source_arn) == (ROLE, "pods.eks.amazonaws.com", CLUSTER)
    assert asked.session_name == f"eks-dev-web-5d4f-{UID}"
    assert dict(asked.tags) == {
        "eks-cluster-arn": CLUSTER,
        "eks-cluster-name": "dev",
        "kubernetes-namespace": "shop",
        "kubernetes-service-account": "web",
        "kubernetes-pod-name": "web-5d4f",
        "kubernetes-pod-uid": UID,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other"},
        {"iss": None},
        {"aud": ["sts.amazonaws.com"]},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"nbf": 9_999_999_999},
        {"kubernetes.io": None},
        {"kubernetes.io": {**BOUND, "pod": None}},
        {"kubernetes.io": {**BOUND, "namespace": ["shop"]}},
        {"kubernetes.io": "shop"},
    ],
)
def test_claims_that_do_not_hold_are_refused(agent, changes):
    assert code(agent.ask("/v1/credentials", authorization=token(**changes))) == (400, "InvalidTokenException")


def test_signatures_that_do_not_hold_are_refused(agent):
    forged = [
        token(RSAKey.generate_key(2048, {"kid": "one"})),
        token(ECKey.generate_key("P-256", {"kid": "one"}), "ES256"),
        confused(token()),
        "eyJhbGciOiJub25lIn0." + token().split(".")[1] + ".",
        token()[:-8] + "AAAAAAAA",
        "x",
        "a.b.c",
        "é",
        "x" * 20_000,
    ]
    for each in forged:
        assert code(agent.ask("/v1/credentials", authorization=each)) == (400, "InvalidTokenException"), each
    assert code(agent.ask("/v1/credentials"))[0] == 400
    assert code(agent.ask("/v1/credentials", "POST", authorization=token()))[0] == 405


def test_a_service_account_without_association_gets_nothing(agent):
    stranger = {**BOUND, "serviceaccount": {"name": "other"}}
    answer = agent.ask("/v1/credentials", authorization=token(**{"kubernetes.io": stranger}))
    assert code(answer) == (404, "ResourceNotFoundException")


def test_the_keys_may_change(agent, tmp_path):
    other = RSAKey.generate_key(2048, {"kid": "one"})
    pods(tmp_path, other)
    assert agent.ask("/v1/credentials", authorization=token(other)).status == 200
    assert agent.ask("/v1/credentials", authorization=token()).status == 400


def test_without_keys_it_does_not_start(tmp_path):
    config = pods(tmp_path)
    for text in ("", "{}", "[]", '{"keys": [{"kty": "RSA"}]}'):
        (tmp_path / "jwks.json").write_text(text)
        with pytest.raises(ConfigError, match=r"jwks\.json"):
            Agent(pods=config)


def test_botocore_finds_the_role_in_the_server(tmp_path, workload):
    pods(tmp_path)
    (tmp_path / "agent.toml").write_text(
        f"""
listen = ["127.0.0.1:0"]
[pods]
cluster = "{CLUSTER}"
issuer = "{ISSUER}"
jwks_file = "{tmp_path / "jwks.json"}"
[[pods.associations]]
namespace = "shop"
service_account = "web"
role = "arn:aws:iam::{ACCOUNT}:role/web"
"""
    )
    (tmp_path / "token").write_text(token())
    condition = {
        "StringEquals": {"aws:RequestTag/kubernetes-namespace": "shop", "aws:SourceAccount": ACCOUNT},
        "ArnEquals": {"aws:SourceArn": CLUSTER},
    }
    with live(credential_endpoints=tmp_path / "agent.toml") as server:
        actions = ["sts:AssumeRole", "sts:TagSession"]
        make_role(
            server.client("iam"), "web", trust({"Service": "pods.eks.amazonaws.com"}, actions, Condition=condition)
        )
        session = workload(
            AWS_ENDPOINT_URL=server.endpoint,
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{server.credential_urls[0]}/v1/credentials",
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token"),
        )
        assert who(session) == f"arn:aws:sts::{ACCOUNT}:assumed-role/web/eks-dev-web-5d4f-{UID}"
