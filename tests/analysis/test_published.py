from __future__ import annotations

import json

import pytest

from iamd.analysis.checks import no_new_access
from iamd.analysis.references import compared
from iamd.policy import Kind
from iamd.policy.parse import read_document
from tests.analysis import published
from tests.analysis.published import Statement


def passes(new: list[Statement], reference: list[Statement], about_callers: bool) -> bool:
    texts = [json.dumps({"Version": "2012-10-17", "Statement": statements}) for statements in (new, reference)]
    if about_callers:
        return no_new_access(*compared(*texts)).passed
    return no_new_access(*(read_document(text, Kind.IDENTITY) for text in texts)).passed


SAMPLES = {
    **{resource: (published.sensitive(resource), False) for resource in published.SENSITIVE},
    **{name: (sample, False) for name, sample in published.IDENTITY.items()},
    **{name: (sample, True) for name, sample in published.RESOURCE.items()},
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_check_for_new_access_answers_as_published(name: str) -> None:
    (reference, passing, failing), about_callers = SAMPLES[name]
    for statements in passing:
        assert passes(statements, reference, about_callers), statements
    for statements in failing:
        assert not passes(statements, reference, about_callers), statements


def test_what_is_published_as_failing_for_another_resource_passes() -> None:
    """One sample names another network ACL than its reference does: nothing of the reference's is allowed."""
    reference = published.sensitive("arn:aws:ec2:*:*:network-acl/acl-sensitive").reference
    assert passes(published.ANOTHER_ACL, reference, False)


@pytest.mark.parametrize(
    ("allowed", "denied", "apart"),
    [
        ("arn:aws:lambda:*:*:function:dev-*", "arn:aws:lambda:*:*:function:prod-*", True),
        ("arn:aws:lambda:*:*:dev*", "arn:aws:lambda:*:*:function:prod-*", False),  # `function:prod-x:dev`, an alias
        ("arn:aws:lambda:*:dev", "arn:aws:lambda:*:*:function:dev", False),  # `us-east-1:123456789012:function`
        ("arn:aws:s3:*:*:open/*", "arn:aws:s3:*:*:secret/*", False),  # a key may be `x:secret/y`
        ("arn:aws:iot:*:*:topic/open/*", "arn:aws:iot:*:*:topic/secret/*", False),
    ],
)
def test_stars_for_accounts_reach_over_colons_where_there_are_any(allowed: str, denied: str, apart: bool) -> None:
    action = f"{allowed.split(':')[2]}:*"
    reference = [published.allow("*"), published.deny(action, denied)]
    assert passes([published.allow(action, allowed)], reference, False) is apart
