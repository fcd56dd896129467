"""Credential endpoints beside the server: the role trusts the service, and nobody has keys."""

from __future__ import annotations

import asyncio
import json

import pytest

from iamd.agent.config import ConfigError
from iamd.audit import record_of
from iamd.audit.search import events_behind
from iamd.serving import serve
from iamd.settings import load
from tests.agent.test_providers import fetched, who
from tests.live import ACCOUNT, live
from tests.services.iam.support import refused
from tests.services.roles import EC2, make_role, permit, trust

TASKS = {"Service": "ecs-tasks.amazonaws.com"}
CONFIG = f"""
listen = ["127.0.0.1:0"]
region = "eu-central-1"

[instance]
profile = "arn:aws:iam::{ACCOUNT}:instance-profile/fleet"
id = "i-0123456789abcdef0"

[[tasks]]
id = "billing"
role = "arn:aws:iam::{ACCOUNT}:role/billing"
token_file = "TOKEN"
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("endpoints")
    (folder / "token").write_text("token-of-billing")
    (folder / "agent.toml").write_text(CONFIG.replace("TOKEN", str(folder / "token")))
    with live(credential_endpoints=folder / "agent.toml") as server:
        yield server


@pytest.fixture
def server(running):
    running.reset()
    return running


@pytest.fixture
def url(server):
    (found,) = server.credential_urls
    return found


@pytest.fixture
def iam(server):
    return server.client("iam")


def billing(url):
    status, body = fetched(f"{url}/v2/credentials/billing", Authorization="token-of-billing")
    return status, json.loads(body)


def test_an_instance_has_the_role_of_its_profile(url, iam, workload):
    make_role(iam, "web", trust(EC2))
    permit(iam, "web", "iam:ListUsers")
    iam.create_instance_profile(InstanceProfileName="fleet")
    iam.add_role_to_instance_profile(InstanceProfileName="fleet", RoleName="web")
    session = workload(AWS_EC2_METADATA_SERVICE_ENDPOINT=url)
    assert who(session) == f"arn:aws:sts::{ACCOUNT}:assumed-role/web/i-0123456789abcdef0"
    session.create_client("iam").list_users()
    assert refused(session.create_client("iam").list_roles)[0] == "AccessDenied"


def test_policies_see_how_the_credentials_were_delivered(url, iam, workload):
    make_role(iam, "web", trust(EC2))
    instance = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-0123456789abcdef0"
    for operator, action in (("NumericLessThan", "iam:ListUsers"), ("NumericGreaterThanEquals", "iam:ListRoles")):
        condition = {operator: {"ec2:RoleDelivery": "2.0"}, "ArnEquals": {"ec2:SourceInstanceARN": instance}}
        statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_role_policy(RoleName="web", PolicyName=operator, PolicyDocument=document)
    iam.create_instance_profile(InstanceProfileName="fleet")
    iam.add_role_to_instance_profile(InstanceProfileName="fleet", RoleName="web")
    client = workload(AWS_EC2_METADATA_SERVICE_ENDPOINT=url).create_client("iam")
    client.list_roles()
    assert refused(client.list_users)[0] == "AccessDenied"


def test_the_role_must_trust_the_service(url, iam):
    assert billing(url)[0] == 403  # there is none
    make_role(iam, "billing", trust(EC2))
    assert billing(url)[0] == 403
    iam.update_assume_role_policy(RoleName="billing", PolicyDocument=trust(TASKS))
    assert billing(url)[0] == 200


@pytest.mark.parametrize(
    ("account", "status"), [(ACCOUNT, 200), ("210987654321", 403)], ids=["the account's tasks", "another account's"]
)
def test_a_confused_deputy_is_kept_out(url, iam, server, account, status):
    condition = {
        "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:eu-central-1:{account}:*"},
        "StringEquals": {"aws:SourceAccount": account},
    }
    make_role(iam, "billing", trust(TASKS, Condition=condition))
    assert billing(url)[0] == status


def test_a_role_that_is_made_anew_gets_new_credentials(url, iam, server):
    make_role(iam, "billing", trust(TASKS))
    first = billing(url)[1]
    assert billing(url)[1] == first
    iam.delete_role(RoleName="billing")
    make_role(iam, "billing", trust(TASKS))
    second = billing(url)[1]
    assert second["AccessKeyId"] != first["AccessKeyId"]
    key = {name: second[name] for name in ("AccessKeyId", "SecretAccessKey")} | {"SessionToken": second["Token"]}
    assert server.client("sts", key).get_caller_identity()["Arn"].endswith("assumed-role/billing/billing")


def recorded(server, service):
    """The records of what a service of AWS's own did, oldest first."""
    server.run(server.realm.store.flush())
    records = [record_of(each) for each in server.run(events_behind(server.realm.store, 0, 1000))]
    return [each for each in records if each["userIdentity"].get("invokedBy") == service]


def test_the_trail_tells_which_service_it_was(server, url, iam):
    assert billing(url)[0] == 403
    make_role(iam, "billing", trust(TASKS))
    assert billing(url)[0] == 200
    denied, allowed = recorded(server, "ecs-tasks.amazonaws.com")
    for event in (denied, allowed):
        assert event["userIdentity"] == {"type": "AWSService", "invokedBy": "ecs-tasks.amazonaws.com"}
        assert (event["eventName"], event["eventSource"]) == ("AssumeRole", "sts.amazonaws.com")
        assert event["sourceIPAddress"] == event["userAgent"] == "ecs-tasks.amazonaws.com"
        assert event["requestParameters"]["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/billing"
    assert denied["errorCode"] == "AccessDenied"
    assert "accessKeyId" in allowed["responseElements"]["credentials"]
    assert "secretAccessKey" not in json.dumps(allowed)


def test_a_file_that_is_wrong_refuses_to_start(tmp_path):
    (tmp_path / "agent.toml").write_text("[instance]\nrole = 1\n")
    settings = load({"in_memory": True, "port": 0, "credential_endpoints": tmp_path / "agent.toml"}, {})
    with pytest.raises(ConfigError, match=r"agent\.toml"):
        asyncio.run(serve(settings, lambda *_: None))
