"""The page about organizations: its commands, run as they stand with the AWS CLI."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.live import live

PAGE = Path("docs/how-to/organizations.md").read_text()
AWS = Path(sys.executable).parent


def test_the_commands_do_what_the_page_says() -> None:
    commands = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
    with live() as server:
        iam = server.client("iam")
        iam.create_user(UserName="admin")
        iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName="admin")["AccessKey"]
        environ = {
            "PATH": f"{AWS}:{os.environ['PATH']}",
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        ran = subprocess.run(["bash", "-euc", commands], env=environ, capture_output=True, text=True, timeout=60)
    assert ran.returncode != 0
    assert ran.stderr.count("error") == 1, ran.stderr
    assert "is not authorized to perform: iam:CreateUser" in ran.stderr
    assert "with an explicit deny in a service control policy" in ran.stderr
