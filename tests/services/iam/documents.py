"""Policy documents for the tests of IAM."""

from __future__ import annotations

import json
from typing import Any


def statement(action: str | list[str], resource: str = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def of_size(characters: int) -> str:
    """A valid document of exactly that many characters, white space not counted."""
    empty = json.dumps({"Version": "2012-10-17", "Statement": [statement("s3:GetObject", "arn:aws:s3:::")]})
    padding = characters - len(empty.replace(" ", ""))
    return empty.replace("arn:aws:s3:::", "arn:aws:s3:::" + "b" * padding)


READ = document(statement("s3:GetObject"))
WRITE = document(statement("s3:PutObject"))
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
