"""IAM's reports on when the accounts of an organization last accessed services."""

from __future__ import annotations

from typing import Any

from tests.live import ACCOUNT
from tests.services.organizations.support import Org, allow, deny, refused


def report(iam: Any, path: str, **more: Any) -> Any:
    job = iam.generate_organizations_access_report(EntityPath=path, **more)["JobId"]
    return iam.get_organizations_access_report(JobId=job, SortKey="LAST_AUTHENTICATED_TIME_DESCENDING", MaxItems=600)


def namespaces(found: Any) -> set[str]:
    return {each["ServiceNamespace"] for each in found["AccessDetails"]}


def test_a_report_lists_what_control_policies_allow(controlled: Org, iam: Any) -> None:
    unit = controlled.unit("Work")
    account = controlled.account("ann", unit)
    paths = [f"{controlled.id}/{controlled.root}"]
    paths += [f"{paths[0]}/{unit}", f"{paths[0]}/{unit}/{account}"]
    everything = report(iam, paths[0])["NumberOfServicesAccessible"]
    assert everything > 400
    controlled.attach(controlled.policy("Some", allow("iam:*", "s3:*", "sts:*")), unit)
    controlled.detach("p-FullAWSAccess", unit)
    controlled.attach(controlled.policy("NoS3", deny("s3:*")), account)
    assert report(iam, paths[0])["NumberOfServicesAccessible"] == everything
    assert namespaces(report(iam, paths[1])) == {"iam", "s3", "sts"}
    assert namespaces(report(iam, paths[2])) == {"iam", "sts"}
    management = f"{paths[0]}/{ACCOUNT}"
    assert report(iam, management)["NumberOfServicesAccessible"] == everything


def test_a_policy_may_be_named(controlled: Org, iam: Any) -> None:
    path, policy = f"{controlled.id}/{controlled.root}", controlled.policy("Some", allow("iam:*", "s3:*"))
    assert namespaces(report(iam, path, OrganizationsPolicyId=policy)) == {"iam", "s3"}
    unknown = {"EntityPath": path, "OrganizationsPolicyId": "p-12345678"}
    assert refused(iam.generate_organizations_access_report, **unknown)[0] == "NoSuchEntity"


def test_a_report_tells_who_was_last(controlled: Org, admin: Any, iam: Any) -> None:
    account = controlled.account("ann")
    controlled.enter(admin, account)("iam").list_users()
    found = report(iam, f"{controlled.id}/{controlled.root}/{account}")
    (used,) = (each for each in found["AccessDetails"] if "LastAuthenticatedTime" in each)
    assert (used["ServiceNamespace"], used["TotalAuthenticatedEntities"]) == ("iam", 1)
    assert used["EntityPath"] == f"{controlled.id}/{controlled.root}/{account}"
    assert found["NumberOfServicesNotAccessed"] == found["NumberOfServicesAccessible"] - 1
    job = iam.generate_organizations_access_report(EntityPath=f"{controlled.id}/{controlled.root}")["JobId"]
    newest = iam.get_organizations_access_report(JobId=job, SortKey="LAST_AUTHENTICATED_TIME_DESCENDING", MaxItems=2)
    assert all("LastAuthenticatedTime" in each for each in newest["AccessDetails"])
    assert newest["IsTruncated"]
    more = {"SortKey": "LAST_AUTHENTICATED_TIME_DESCENDING", "Marker": newest["Marker"]}
    rest = iam.get_organizations_access_report(JobId=job, **more)["AccessDetails"]
    assert newest["AccessDetails"][0] not in rest


def test_reports_are_the_management_accounts(controlled: Org, admin: Any, iam: Any) -> None:
    account = controlled.account("ann")
    path = f"{controlled.id}/{controlled.root}"
    there = controlled.enter(admin, account)("iam")
    assert refused(there.generate_organizations_access_report, EntityPath=path)[0] == "AccessDenied"
    wrong = f"{path}/ou-{controlled.root[2:]}-12345678/{account}"
    assert refused(iam.generate_organizations_access_report, EntityPath=wrong)[0] == "AccessDenied"
    job = iam.generate_organizations_access_report(EntityPath=path)["JobId"]
    assert refused(there.get_organizations_access_report, JobId=job)[0] == "NoSuchEntity"
    assert refused(iam.get_service_last_accessed_details, JobId=job)[0] == "NoSuchEntity"
