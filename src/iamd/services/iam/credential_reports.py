"""The credential report: a table of the account's users and the state of their credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO

from iamd.services.call import Call, Reply
from iamd.services.iam.account import the_account
from iamd.services.iam.api import iam
from iamd.services.iam.password_policy import policy_of
from iamd.services.passkeys import has_device
from iamd.store.image import Records
from iamd.store.interface import Usage
from iamd.store.kinds.credentials import CredentialReport, SigningCertificate
from iamd.store.kinds.sign_in import LoginProfile
from iamd.store.records import User
from iamd.wire.errors import ReportExpired, ReportNotPresent

LIFE = timedelta(hours=4)
COLUMNS = (
    *("user", "arn", "user_creation_time"),
    *("password_enabled", "password_last_used", "password_last_changed", "password_next_rotation"),
    "mfa_active",
    *(
        f"access_key_{number}_{what}"
        for number in (1, 2)
        for what in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
    ),
    *(f"cert_{number}_{what}" for number in (1, 2) for what in ("active", "last_rotated")),
)
NOT_APPLICABLE = "N/A"
NO_PASSWORD = ("false", NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE)
NO_KEY = ("false", NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE)
NO_CERTIFICATE = ("false", NOT_APPLICABLE)

Cells = tuple[str, ...]
LastUsed = Callable[[str], Usage | None]


def report(records: Records, last_used: LastUsed) -> str:
    """The report as CSV: the root user first, then the users by name; no line break behind the last row.

    `last_used` tells the last use of an access key by its id. Spelling and order are those of live AWS's reports.
    """
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_rows(records, last_used))
    return text.getvalue().removesuffix("\n")


def report_json(records: Records, last_used: LastUsed) -> list[dict[str, str | bool | None]]:
    """The report as a list of objects by column: truths as such, null for what does not apply. AWS has no such form."""
    return [dict(zip(COLUMNS, (row[0], *map(_value, row[1:])), strict=True)) for row in _rows(records, last_used)]


def _value(cell: str) -> str | bool | None:
    return _VALUES.get(cell, cell)


_VALUES: dict[str, bool | None] = {"true": True, "false": False, NOT_APPLICABLE: None}


def _rows(records: Records, last_used: LastUsed) -> Iterator[Cells]:
    yield _root(records, last_used)
    yield from (_row(records, user, last_used) for user in records.users.sorted())


def _root(records: Records, last_used: LastUsed) -> Cells:
    account = records.account
    used = NOT_APPLICABLE if account.root_password is None else "no_information"
    password = ("not_supported", used, "not_supported", "not_supported")
    others = _others(records, account.account_id, last_used)
    return ("<root_account>", account.arn, _date(account.created), *password, *others)


def _row(records: Records, user: User, last_used: LastUsed) -> Cells:
    others = _others(records, user.id, last_used)
    return (user.name, user.arn, _date(user.created), *_password(records, user), *others)


def _password(records: Records, user: User) -> Cells:
    profile: LoginProfile | None = records.login_profiles.get(user.id)
    if profile is None:
        return NO_PASSWORD
    used = "no_information" if user.password_last_used is None else _date(user.password_last_used)
    policy = policy_of(records)
    if policy is None or not policy.max_age:
        return ("true", used, _date(profile.changed), NOT_APPLICABLE)
    return ("true", used, _date(profile.changed), _date(profile.changed + timedelta(days=policy.max_age)))


def _others(records: Records, owner_id: str, last_used: LastUsed) -> Cells:
    """What root and users have alike: MFA, the first two access keys by id, two certificates, inactive ones first."""
    keys = sorted(records.access_keys.where("owner", owner_id), key=lambda key: key.id)
    key_cells = [(_flag(key.active), _date(key.created), *_usage(last_used(key.id))) for key in keys]
    certificates = sorted(records.signing_certificates.where("owner", owner_id), key=_by_activity)
    certificate_cells = [(_flag(one.active), _date(one.uploaded)) for one in certificates]
    first_key, second_key = (*key_cells, NO_KEY, NO_KEY)[:2]
    first_certificate, second_certificate = (*certificate_cells, NO_CERTIFICATE, NO_CERTIFICATE)[:2]
    mfa = _flag(has_device(records, owner_id))
    return (mfa, *first_key, *second_key, *first_certificate, *second_certificate)


def _usage(usage: Usage | None) -> tuple[str, str, str]:
    if usage is None:
        return NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE
    return _date(usage.time), usage.region, usage.service


def _by_activity(certificate: SigningCertificate) -> tuple[bool, datetime, str]:
    return certificate.active, certificate.uploaded, certificate.id


def _flag(truth: bool) -> str:
    return "true" if truth else "false"


def _date(when: datetime) -> str:
    return f"{when.isoformat()[:19]}Z"  # times are UTC


@iam.operation(on=the_account)
def generate_credential_report(call: Call, _: None) -> Reply:
    """Make a report, unless there is one that is younger than four hours; it is complete at once.

    Servers that forget everything anyway (in memory) renew a young one as well: they serve tests, which do not wait.
    """
    reports, account_id = call.records.credential_reports, call.account_id
    present: CredentialReport | None = reports.get(account_id)
    young = present is not None and call.now - present.generated <= LIFE
    if young and not call.realm.renews_reports:
        return {"State": "COMPLETE"}
    text = report(call.records, lambda key_id: call.realm.store.last_used(account_id, key_id))
    content = zlib.compress(text.encode())
    if present is None:
        reports.add(CredentialReport(account_id, call.now, content))
    else:
        reports.replace(present, generated=call.now, content=content)
    if young:
        return {"State": "COMPLETE"}
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@iam.operation(on=the_account)
def get_credential_report(call: Call, _: None) -> Reply:
    """Show the report as it was when it was made. Raises ReportNotPresent, and ReportExpired after four hours."""
    present: CredentialReport | None = call.records.credential_reports.get(call.account_id)
    if present is None:
        raise ReportNotPresent("Unknown")
    if call.now - present.generated > LIFE:
        raise ReportExpired("Unknown")
    content = zlib.decompress(present.content)
    return {"Content": content, "ReportFormat": "text/csv", "GeneratedTime": present.generated}
