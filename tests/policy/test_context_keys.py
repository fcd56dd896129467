"""The keys that GetContextKeys tells, on documents that were put to live AWS (September 2026)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.policy.context_keys import context_keys
from iamd.policy.problems import MalformedPolicy

USERNAME = {"StringEquals": {"aws:username": "a"}}


def document(statement: Any, version: str | None = "2012-10-17", **more: Any) -> str:
    return json.dumps({**({} if version is None else {"Version": version}), "Statement": statement, **more})


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **more}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            document(
                allow(
                    Resource="arn:aws:s3:::bucket/${aws:PrincipalTag/Team}/${aws:username}",
                    Condition={
                        "StringEquals": {"s3:ExistingObjectTag/Owner": "${aws:PrincipalTag/Team}"},
                        "Null": {"AWS:SourceIp": "false"},
                    },
                )
            ),
            ["aws:PrincipalTag/Team", "aws:username", "s3:ExistingObjectTag/Owner", "AWS:SourceIp"],
        ),
        (
            document(allow(Resource="arn:aws:s3:::b/${aws:username, 'x'}/${*}/${?}/${$}")),
            ["aws:username", "*", "?", "$"],
        ),
        (document(allow(Resource="arn:aws:s3:::b/${aws:username}"), "2008-10-17"), []),
        (document(allow(Resource="arn:aws:s3:::b/${aws:username}"), None), []),
        (document({"Effect": "Deny", "NotResource": ["arn:aws:s3:::${s3:prefix}"]}), ["s3:prefix"]),
        (
            document(
                allow(Resource="${aws:username}/${AWS:username}", Condition={"StringEquals": {"aws:username": "a"}})
            ),
            ["aws:username", "AWS:username"],
        ),
        (document(allow(Principal="*", Condition=USERNAME), None), ["aws:username"]),
        (document(allow(Action="abc", Resource="bad", Condition=USERNAME)), ["aws:username"]),
        (document({"Effect": "Allow", "Condition": USERNAME}), ["aws:username"]),
        (
            document(
                allow(Condition={"NumericEquals": {"aws:MultiFactorAuthAge": ["${aws:PrincipalTag/Age}", 1, True]}})
            ),
            ["aws:MultiFactorAuthAge", "aws:PrincipalTag/Age"],
        ),
        (document(allow(Condition={"StringEquals": {"${aws:username}": "a"}})), ["${aws:username}"]),
        (document({"Effect": "Allow", "Action": "${aws:username}", "Principal": {"AWS": "${aws:username}"}}), []),
        (document(allow(Condition={"MadeUp": {}})), []),
        (document([]), []),
        (json.dumps({"Version": "2012-10-17"}), []),
    ],
)
def test_keys_are_told_as_spelled(text: str, expected: list[str]) -> None:
    assert context_keys(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        document(allow(Condition={"MadeUp": {"aws:username": "a"}})),
        document({"Action": "*", "Resource": "*", "Condition": USERNAME}),
        document(allow(Foo=1)),
        document(allow(), Foo="x"),
        document(allow(), "2020-01-01"),
        document("all"),
        document(allow(Resource=[1.5, None])),
        document(allow(Condition=[])),
        document(allow(Condition={"StringEquals": "a"})),
    ],
)
def test_what_has_no_known_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedPolicy):
        context_keys(text)
