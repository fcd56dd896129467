"""The words of policies, as the editor asks for them."""

from __future__ import annotations

from typing import Any

from tests.console.visits import send, sign_in
from tests.services.signin.browser import Browser


def read(browser: Browser, path: str) -> Any:
    status, told = send(browser, "GET", f"/console/vocabulary{path}")
    assert status == 200, told
    return told


def test_the_words_of_policies_are_those_of_the_reference(browser: Browser, jane: dict[str, str]) -> None:
    assert send(browser, "GET", "/console/vocabulary")[0] == 401
    sign_in(browser, jane)
    everywhere = read(browser, "")
    assert ["s3", "Amazon S3"] in everywhere["services"]
    assert ["iamd", "iamd"] in everywhere["services"]
    assert "StringLike" in everywhere["operators"]
    assert "lambda.amazonaws.com" in everywhere["principals"]
    assert ["autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", True] in everywhere["linkedRoles"]
    assert ["aws:SourceIp", "IPAddress", False, ""] in everywhere["keys"]
    s3 = read(browser, "/S3")
    (action,) = (each for each in s3["actions"] if each["name"] == "GetObject")
    assert (action["level"], action["resources"]) == ("Read", ["accesspointobject", "object"])
    assert {"name": "bucket", "arn": "arn:${Partition}:s3:::${BucketName}"} in s3["resources"]
    assert "s3:prefix" in [name for name, *_ in s3["keys"]]
    assert [each["name"] for each in read(browser, "/iamd")["actions"]][:2] == ["CompareHistory", "Evaluate"]
    assert send(browser, "GET", "/console/vocabulary/nonsense")[0] == 404
