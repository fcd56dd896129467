"""The load: each kind of work a thread, each making what it needs and taking it away again, so that nothing piles up."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from chaos.client import Client
from tests.caller.saml import idp
from tests.console.visits import call, sign_in
from tests.services.signin.browser import PASSWORD, Browser

ACCOUNT = "123456789012"
ROOT = {"aws_access_key_id": "AKIASOAKSOAKSOAKSOAK", "aws_secret_access_key": "soak" * 10}
_READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"},
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Okta"},
            "Action": "sts:AssumeRoleWithSAML",
        },
    ],
}


class Upstream(ThreadingHTTPServer):
    """Behind the gateway: answers everything with the same small object."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Object)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Object(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        missing = "?" in self.path  # no policy, no tags
        body = b"<Error><Code>NoSuchBucketPolicy</Code></Error>" if missing else b"hello"
        self.send_response(404 if missing else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@dataclass(slots=True)
class Load:
    """Work at an endpoint until `stop`; `done` counts the steps that succeeded by their kind, `failed` the others by their error."""

    endpoint: str
    pause: float = 0.05
    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    _tried: set[str] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def prepare(self) -> None:
        """What all work needs: a role, a provider, a person who signs in."""
        iam = self._client("iam")
        iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=idp.metadata(idp.rsa_key()))
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(_TRUST))
        iam.attach_role_policy(RoleName="app", PolicyArn=_READ_ONLY)
        iam.create_policy(PolicyName="turning", PolicyDocument=_document(0))
        iam.create_user(UserName="jane")
        iam.create_login_profile(UserName="jane", Password=PASSWORD)
        iam.attach_user_policy(UserName="jane", PolicyArn=_READ_ONLY)
        iam.put_user_policy(UserName="jane", PolicyName="roles", PolicyDocument=_document(0, "sts:AssumeRole", "*"))

    def fill(self, sessions: int) -> None:
        """Use so many role sessions once: what a server keeps for each is bounded, and from then on there is no more."""
        host, port = self.endpoint.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        client, role = Client(int(port), "sts", "2011-06-15"), f"arn:aws:iam::{ACCOUNT}:role/app"
        own = self._key_of_jane()
        for number in range(sessions):
            asked = {"RoleArn": role, "RoleSessionName": f"filling-{number}"}
            taken = json.loads(client.call(own, "AssumeRole", asked).body)["AssumeRoleResponse"]["AssumeRoleResult"]
            given = taken["Credentials"]
            session = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
            assert client.call(session, "GetCallerIdentity", {}).status == 200
        client.close()

    def _key_of_jane(self) -> Credentials:
        key = self._client("iam").create_access_key(UserName="jane")["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def start(self) -> None:
        """Set all kinds of work to work."""
        for work in (
            self._change,
            self._read,
            self._assume,
            self._federate,
            self._fetch,
            self._visit,
            self._look_up,
            self._turn,
        ):
            thread = threading.Thread(target=self._work, args=(work(), work.__name__.strip("_")))
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Let them finish."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def all_tried(self) -> bool:
        """Whether every kind of work has begun."""
        return len(self._tried) == len(self._threads)

    @property
    def steps(self) -> int:
        """How many there were, of all kinds."""
        return self.done.total() + self.failed.total()

    def _work(self, step: Callable[[], None], name: str) -> None:
        while not self._over.wait(self.pause * random.uniform(0.5, 1.5)):
            self._tried.add(name)
            try:
                step()
                self.done[name] += 1
            except (ClientError, BotoCoreError, OSError, AssertionError) as error:
                self.failed[f"{name}: {str(error)[:120]}"] += 1

    def _client(self, service: str, **more: Any) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", **(more or ROOT))

    def _change(self) -> Callable[[], None]:
        iam = self._client("iam")

        def step() -> None:
            name = f"user-{next(self._numbers)}"
            iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": name}])
            key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=_document(len(name)))
            iam.delete_user_policy(UserName=name, PolicyName="own")
            iam.delete_access_key(UserName=name, AccessKeyId=key)
            iam.delete_user(UserName=name)

        return step

    def _read(self) -> Callable[[], None]:
        iam = self._client("iam")

        def step() -> None:
            iam.get_user(UserName="jane")
            iam.list_users()
            iam.simulate_principal_policy(
                PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/jane", ActionNames=["iam:GetUser", "iam:CreateUser"]
            )

        return step

    def _assume(self) -> Callable[[], None]:
        own = self._key_of_jane()
        sts = self._client("sts", aws_access_key_id=own.access_key, aws_secret_access_key=own.secret_key)

        def step() -> None:
            taken = sts.assume_role(
                RoleArn=f"arn:aws:iam::{ACCOUNT}:role/app",
                RoleSessionName=f"run-{next(self._numbers)}",
                DurationSeconds=900,
            )["Credentials"]
            who = self._client(
                "sts",
                aws_access_key_id=taken["AccessKeyId"],
                aws_secret_access_key=taken["SecretAccessKey"],
                aws_session_token=taken["SessionToken"],
            )
            who.get_caller_identity()
            who.close()

        return step

    def _federate(self) -> Callable[[], None]:
        sts = self._client("sts", config=Config(signature_version=UNSIGNED))
        role, provider = f"arn:aws:iam::{ACCOUNT}:role/app", f"arn:aws:iam::{ACCOUNT}:saml-provider/Okta"
        told = {"Role": [f"{role},{provider}"], "RoleSessionName": ["jane"]}

        def step() -> None:
            story = idp.Story(
                datetime.now(UTC), attributes={f"{idp.ATTRIBUTES}{name}": each for name, each in told.items()}
            )
            response = idp.encoded(idp.signed_response(story))
            sts.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=response)

        return step

    def _fetch(self) -> Callable[[], None]:
        s3 = self._client("s3", **ROOT, config=Config(s3={"addressing_style": "path"}))

        def step() -> None:
            key = f"key-{next(self._numbers)}"
            assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == b"hello"

        return step

    def _visit(self) -> Callable[[], None]:
        def step() -> None:
            browser = Browser(self.endpoint)
            page = sign_in(browser, {"account": ACCOUNT, "name": "jane", "password": PASSWORD, "code": ""})
            assert page.status in (302, 303), page.status
            status, _ = call(browser, "ListUsers")
            assert status == 200, status
            time.sleep(1)  # a password costs as much as a thousand reads

        return step

    def _look_up(self) -> Callable[[], None]:
        trail = self._client("cloudtrail")

        def step() -> None:
            trail.lookup_events(
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}], MaxResults=20
            )
            trail.lookup_events(MaxResults=50)

        return step

    def _turn(self) -> Callable[[], None]:
        iam = self._client("iam")
        arn = f"arn:aws:iam::{ACCOUNT}:policy/turning"

        def step() -> None:
            made = iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=_document(next(self._numbers)), SetAsDefault=True
            )
            versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
            for version in versions:
                if version["VersionId"] != made["PolicyVersion"]["VersionId"]:
                    iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])

        return step


def _document(number: int, action: str = "s3:GetObject", resource: str = "") -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource or f"arn:aws:s3:::bucket/{number}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
