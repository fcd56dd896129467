"""`iamd compliance`: every rule kept and broken, as text, JSON and a page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.compliance.rules import RULES, allows_everything
from iamd.cli.main import main
from iamd.store import Records
from iamd.store.kinds.sign_in import LoginProfile, MfaDevice, PasswordPolicy
from iamd.store.records import AccessKey, InlinePolicy, ManagedPolicy, PolicyVersion, User
from tests import elsewhere
from tests.audit.test_event import ACCOUNT
from tests.store.samples import new_account

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=100)
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"%s","Resource":"*"}]}'
STRONG = PasswordPolicy(ACCOUNT, 14, True, True, True, True, False, 90, 24)

Fill = Callable[[Records], None]
Told = dict[str, dict[str, str]]


def user(records: Records, name: str = "ann", created: datetime = NOW) -> User:
    added: User = records.users.add(User(ACCOUNT, f"AIDA{name}", name, "/", created))
    return added


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """What the command tells by rule and resource, of an account that was filled like that."""

    def run(fill: Fill, *arguments: str, used: str | None = None) -> Told:
        async def make() -> None:
            store = elsewhere.open_store(tmp_path)
            await store.start()
            await store.write(new_account(ACCOUNT))
            await store.write(lambda change: fill(change.records(ACCOUNT)))
            if used is not None:
                store.used(ACCOUNT, used, NOW, "us-east-1", "iam")
            await store.close()

        asyncio.run(make())
        code = main(["compliance", "--json", *arguments, "--data-dir", str(tmp_path)])
        answer = json.loads(capsys.readouterr().out)
        found: Told = {}
        for each in answer["EvaluationResults"]:
            resource = each["ComplianceResourceId"].rpartition(":")[2]
            problem = found.setdefault(each["ConfigRuleName"], {}).get(resource)
            found[each["ConfigRuleName"]][resource] = problem or each["Annotation"]
        broken = any(problem for resources in found.values() for problem in resources.values())
        assert code == (1 if broken else 0)
        return found

    return run


def test_an_account_that_keeps_all_rules(told: Callable[..., Told]) -> None:
    def fill(records: Records) -> None:
        ann = user(records)
        records.login_profiles.add(LoginProfile(ACCOUNT, ann.id, NOW, "$argon2id$", NOW))
        for owner, name in ((ann.id, "a"), (ACCOUNT, "r")):
            records.mfa_devices.add(MfaDevice(ACCOUNT, name, "/", b"", NOW, owner_id=owner, enabled=NOW))
        records.access_keys.add(AccessKey(ACCOUNT, "AKIA1", ann.id, b"", NOW))
        records.password_policies.add(STRONG)
        records.policies.add(ManagedPolicy(ACCOUNT, "ANPA1", "Read", "/", NOW, NOW, 1, 1, None, ()))
        records.versions.add(PolicyVersion(ACCOUNT, "ANPA1", 1, ALLOW % "s3:*", NOW))

    found = told(fill)
    assert set(found) == set(RULES)
    assert not any(problem for resources in found.values() for problem in resources.values())


def test_an_account_that_breaks_all_rules(told: Callable[..., Told]) -> None:
    def fill(records: Records) -> None:
        ann = user(records, created=OLD)
        records.login_profiles.add(LoginProfile(ACCOUNT, ann.id, OLD, "$argon2id$", OLD))
        records.access_keys.add(AccessKey(ACCOUNT, "AKIA1", ann.id, b"", OLD))
        records.access_keys.add(AccessKey(ACCOUNT, "AKIAROOT", ACCOUNT, b"", NOW))
        records.inline.add(InlinePolicy(ACCOUNT, ann.id, "Own", ALLOW % "s3:*"))
        records.policies.add(ManagedPolicy(ACCOUNT, "ANPA1", "All", "/", NOW, NOW, 1, 1, None, ()))
        records.versions.add(PolicyVersion(ACCOUNT, "ANPA1", 1, ALLOW % "*", NOW))

    found = told(fill)
    assert found == {
        "access-keys-rotated": {"user/ann": "access key AKIA1 is 100 days old", "root": ""},
        "root-account-mfa-enabled": {"root": "the root user has no MFA device"},
        "mfa-enabled-for-iam-console-access": {"user/ann": "it has a password and no MFA device"},
        "iam-password-policy": {"root": "there is no password policy"},
        "iam-root-access-key-check": {"root": "the root user has an access key"},
        "iam-user-unused-credentials-check": {"user/ann": "not used for 90 days: its password, access key AKIA1"},
        "iam-no-inline-policy-check": {"user/ann": "it has inline policies: Own"},
        "iam-policy-no-statements-with-admin-access": {"policy/All": "it allows everything on everything"},
    }


def test_days_and_uses_count(told: Callable[..., Told]) -> None:
    def fill(records: Records) -> None:
        ann = user(records, created=OLD)
        records.access_keys.add(AccessKey(ACCOUNT, "AKIA1", ann.id, b"", OLD))
        records.access_keys.add(AccessKey(ACCOUNT, "AKIA2", ann.id, b"", OLD, False))

    rules = ("--rule", "access-keys-rotated", "--rule", "iam-user-unused-credentials-check", "--max-key-age", "120")
    assert told(fill, *rules, used="AKIA1") == {
        "access-keys-rotated": {"user/ann": ""},
        "iam-user-unused-credentials-check": {"user/ann": ""},
    }


def test_a_weak_password_policy_says_in_what(told: Callable[..., Told]) -> None:
    found = told(
        lambda records: records.password_policies.add(PasswordPolicy(ACCOUNT)), "--rule", "iam-password-policy"
    )
    problem = found["iam-password-policy"]["root"]
    assert problem.count(";") == 6
    assert "6 characters are enough, 14 should not be less" in problem


@pytest.mark.parametrize(
    ("statement", "allows"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "arn:aws:*"}, True),
        ({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, False),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, False),
    ],
)
def test_the_engine_says_what_allows_everything(statement: Any, allows: bool) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert allows_everything(document, ACCOUNT) is allows


def test_text_and_page(tmp_path: Path, told: Callable[..., Told], capsys: pytest.CaptureFixture[str]) -> None:
    told(lambda records: user(records, "a&b"))
    page = tmp_path / "report.html"
    assert main(["compliance", "--html", str(page), "--data-dir", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "NOT_APPLICABLE  access-keys-rotated"
    assert lines[1] == "NON_COMPLIANT   root-account-mfa-enabled"
    assert lines[-1] == "6 of 8 rules are kept"
    html = page.read_text()
    assert "<td>there is no password policy</td>" in html
    assert "a&b" not in html
    assert main(["compliance", "--html", str(tmp_path), "--data-dir", str(tmp_path)]) == 2
    assert main(["compliance", "--max-unused", "0", "--data-dir", str(tmp_path)]) == 2
