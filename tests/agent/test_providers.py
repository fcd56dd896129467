"""botocore's own providers find the role's credentials at an agent that is a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from iamd.agent.config import load, read
from iamd.cli.main import main
from tests.agent.conftest import IAMD
from tests.live import ACCOUNT
from tests.services.iam.support import refused
from tests.services.roles import make_role, trusting

WEB = f"arn:aws:iam::{ACCOUNT}:role/web"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/web/"


def who(session):
    return session.create_client("sts").get_caller_identity()["Arn"]


def fetched(url, method="GET", **headers):
    """Status and body of an answer."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=sent)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_instance_metadata_provider_finds_the_role(agent, workload):
    session = workload(AWS_EC2_METADATA_SERVICE_ENDPOINT=agent.url, AWS_EC2_METADATA_V1_DISABLED="true")
    assert session.get_credentials().method == "iam-role"
    assert who(session).startswith(SESSION + "i-")
    session.create_client("iam").list_users()
    assert refused(session.create_client("iam").list_roles)[0] == "AccessDenied"


def test_the_container_provider_finds_the_role(agent, workload, token_file):
    uri = f"{agent.url}/v2/credentials/default"
    session = workload(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=uri, AWS_CONTAINER_AUTHORIZATION_TOKEN=token_file.read_text().strip()
    )
    assert session.get_credentials().method == "container-role"
    assert who(session) == SESSION + "default"
    session = workload(AWS_CONTAINER_CREDENTIALS_FULL_URI=uri, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token_file))
    assert who(session) == SESSION + "default"


def test_a_container_needs_its_token(agent):
    uri = f"{agent.url}/v2/credentials/"
    for headers in ({}, {"Authorization": ""}, {"Authorization": "wrong"}):
        status, body = fetched(uri + "default", **headers)
        assert (status, json.loads(body)["code"]) == (401, "Unauthorized")
    status, body = fetched(uri + "other")
    assert (status, json.loads(body)["code"]) == (400, "InvalidIdInRequest")
    assert fetched(uri + "default", "POST")[0] == 405


def test_container_credentials_have_the_exact_form(agent, token_file, web):
    status, body = fetched(f"{agent.url}/v2/credentials/default", Authorization=token_file.read_text().strip())
    assert status == 200
    told = json.loads(body)
    assert list(told) == ["RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"]
    assert told["RoleArn"] == web
    assert told["Expiration"].endswith("Z")


def test_the_door_holds_on_the_wire(agent):
    token = f"{agent.url}/latest/api/token"
    ttl = {"X_aws_ec2_metadata_token_ttl_seconds": "60"}
    assert fetched(token, "PUT", **ttl)[0] == 200
    assert fetched(token, "PUT", **ttl, X_Forwarded_For="10.0.0.1")[0] == 403
    assert fetched(token, "PUT", **ttl, Host="rebound.example")[0] == 403
    assert fetched(f"{agent.url}/latest/meta-data/")[0] == 401


def test_the_agent_says_how_to_find_it(agent):
    assert f"export AWS_EC2_METADATA_SERVICE_ENDPOINT={agent.url}\n" in agent.said
    assert f"export AWS_CONTAINER_CREDENTIALS_FULL_URI={agent.url}/v2/credentials/default\n" in agent.said


def test_a_file_says_more(agent_here, server, workload, tmp_path, web):
    iam = server.client("iam")
    iam.create_instance_profile(InstanceProfileName="fleet")
    iam.add_role_to_instance_profile(InstanceProfileName="fleet", RoleName="web")
    iam.put_user_policy(
        UserName="agent",
        PolicyName="profile",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "iam:GetInstanceProfile", "Resource": "*"},
            }
        ),
    )
    secret_id = "6f9a4c1e7b2d4f0a8c3e5d7b9a1c3e5f"
    file = tmp_path / "agent.toml"
    file.write_text(
        f"""
listen = ["127.0.0.1:0"]
duration = 900

[instance]
profile = "arn:aws:iam::{ACCOUNT}:instance-profile/fleet"
id = "i-0123456789abcdef0"

[[tasks]]
id = "{secret_id}"
role = "{web}"
"""
    )
    url = agent_here(load(file))
    session = workload(AWS_EC2_METADATA_SERVICE_ENDPOINT=url)
    assert who(session) == SESSION + "i-0123456789abcdef0"
    session = workload(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{url}/v2/credentials/{secret_id}")
    assert who(session) == SESSION + secret_id


def test_a_role_that_does_not_trust_the_agent_is_refused(agent_here, server, token_file, web):
    arn = make_role(server.client("iam"), "foreign", trusting(f"arn:aws:iam::{ACCOUNT}:root"))
    task = {"id": "default", "role": arn, "token_file": str(token_file)}
    url = agent_here(read({"listen": ["127.0.0.1:0"], "instance": {"role": arn}, "tasks": [task]}))
    status, body = fetched(f"{url}/v2/credentials/default", Authorization=token_file.read_text().strip())
    assert (status, json.loads(body)["code"]) == (403, "AccessDeniedException")
    token = fetched(f"{url}/latest/api/token", "PUT", X_aws_ec2_metadata_token_ttl_seconds="60")[1]
    path = f"{url}/latest/meta-data/iam/security-credentials/foreign"
    assert json.loads(fetched(path, X_aws_ec2_metadata_token=token)[1])["Code"] == "AssumeRoleUnauthorizedAccess"


def test_credential_process(environ, web, workload, tmp_path):
    ran = subprocess.run(
        [*IAMD, "credentials", "--role-arn", web, "--session-name", "batch", "--duration", "900"],
        env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(ran.stdout)
    assert list(told) == ["Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]
    assert told["Version"] == 1
    config, answer = tmp_path / "config", tmp_path / "answer"
    answer.write_text(ran.stdout)
    config.write_text(f"[default]\ncredential_process = cat {answer}\n")
    session = workload(AWS_CONFIG_FILE=str(config))
    assert session.get_credentials().method == "custom-process"
    assert who(session) == SESSION + "batch"


def test_a_program_has_the_role_while_it_runs(environ, web):
    program = """
import botocore.session, os, sys
print(botocore.session.Session().create_client("sts").get_caller_identity()["Arn"])
print(os.environ)
sys.exit(7)
"""
    command = [*IAMD, "agent", "--role-arn", web, "--", sys.executable, "-c", program]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert ran.stdout.startswith(SESSION + "i-")
    assert ran.returncode == 7
    assert environ["AWS_SECRET_ACCESS_KEY"] not in ran.stdout
    assert "'AWS_EC2_METADATA_SERVICE_ENDPOINT': 'http://127.0.0.1:" in ran.stdout


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("credentials", "--role-arn", f"arn:aws:iam::{ACCOUNT}:role/absent"), "AccessDenied"),
        (("agent", "--role-arn", WEB, "--", "/no/such/program"), "No such file"),
        (("agent",), "give --role-arn or --config"),
        (("agent", "--role-arn", "web"), "`web` is no role's ARN"),
        (("agent", "--role-arn", WEB, "--profile", "nobody", "--", "true"), "no profile `nobody`"),
        (("credentials", "--role-arn", WEB, "--profile", "nobody"), "no profile `nobody`"),
        (("agent", "--role-arn", "x", "--config", "y"), "--config excludes"),
        (("agent", "--config", "/nowhere.toml"), "cannot be read"),
        (("agent", "--role-arn", WEB, "--listen", "0.0.0.0:0"), "other machines"),
    ],
)
def test_what_cannot_be_done_is_said(environ, monkeypatch, capsys, command, words):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(command) == 2
    assert words in capsys.readouterr().err
