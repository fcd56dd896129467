"""Trusted services, and member accounts that administer them for the organization."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import ACCOUNT
from tests.services.organizations.support import Org, refused

IAM, ANALYZER = "iam.amazonaws.com", "access-analyzer.amazonaws.com"


def constraint(reason: str) -> tuple[str, str]:
    return "ConstraintViolationException", reason


def services(org: Org) -> list[str]:
    listed = org.client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    return [each["ServicePrincipal"] for each in listed]


def test_services_are_trusted_and_no_longer(org: Org) -> None:
    assert services(org) == []
    for service in (IAM, "member.org.stacksets.cloudformation.amazonaws.com", IAM):
        org.client.enable_aws_service_access(ServicePrincipal=service)
    assert services(org) == [IAM, "member.org.stacksets.cloudformation.amazonaws.com"]
    org.client.disable_aws_service_access(ServicePrincipal=IAM)
    org.client.disable_aws_service_access(ServicePrincipal=IAM)
    assert services(org) == ["member.org.stacksets.cloudformation.amazonaws.com"]


@pytest.mark.parametrize("name", ["nonsense.amazonaws.com", "iam.example.com", "iam", ".amazonaws.com"])
def test_what_is_no_service_is_refused(org: Org, name: str) -> None:
    unknown = ("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL")
    assert refused(org.client.enable_aws_service_access, ServicePrincipal=name) == unknown
    assert refused(org.client.disable_aws_service_access, ServicePrincipal=name) == unknown


def test_a_bill_is_shared_without_services(orgs: Any) -> None:
    orgs.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    answer = refused(orgs.enable_aws_service_access, ServicePrincipal=IAM)
    assert answer == constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")


def test_policy_types_of_a_service_need_its_trust(org: Org) -> None:
    enable = org.client.enable_policy_type
    asked = {"RootId": org.root, "PolicyType": "SECURITYHUB_POLICY"}
    assert refused(enable, **asked) == constraint("SERVICE_ACCESS_NOT_ENABLED")
    org.client.enable_aws_service_access(ServicePrincipal="securityhub.amazonaws.com")
    enable(**asked)
    distrust = refused(org.client.disable_aws_service_access, ServicePrincipal="securityhub.amazonaws.com")
    assert distrust == constraint("POLICY_TYPE_ENABLED_FOR_THIS_SERVICE")


def test_an_account_administers_a_service(org: Org, admin: Any) -> None:
    dev, prod = org.account("dev"), org.account("prod")
    register = org.client.register_delegated_administrator
    assert refused(register, AccountId=dev, ServicePrincipal=IAM) == constraint("SERVICE_ACCESS_NOT_ENABLED")
    for service in (IAM, ANALYZER):
        org.client.enable_aws_service_access(ServicePrincipal=service)
        register(AccountId=dev, ServicePrincipal=service)
    register(AccountId=prod, ServicePrincipal=IAM)
    assert refused(register, AccountId=dev, ServicePrincipal=IAM)[0] == "AccountAlreadyRegisteredException"
    one = refused(register, AccountId=prod, ServicePrincipal=ANALYZER)
    assert one == constraint("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
    there = org.enter(admin, dev)("organizations")
    listed = there.list_delegated_administrators(ServicePrincipal=ANALYZER)["DelegatedAdministrators"]
    assert [(each["Id"], each["Name"], "Paths" in each) for each in listed] == [(dev, "dev", False)]
    assert {each["Id"] for each in there.list_delegated_administrators()["DelegatedAdministrators"]} == {dev, prod}
    administered = there.list_delegated_services_for_account(AccountId=dev)["DelegatedServices"]
    assert [each["ServicePrincipal"] for each in administered] == [ANALYZER, IAM]


def test_what_is_delegated_stays_trusted_and_a_member(org: Org, admin: Any) -> None:
    dev = org.account("dev")
    org.client.enable_aws_service_access(ServicePrincipal=IAM)
    org.client.register_delegated_administrator(AccountId=dev, ServicePrincipal=IAM)
    exists = constraint("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
    assert refused(org.client.disable_aws_service_access, ServicePrincipal=IAM) == exists
    stays = constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    assert refused(org.client.remove_account_from_organization, AccountId=dev) == stays
    there = org.enter(admin, dev)("organizations")
    assert refused(there.enable_aws_service_access, ServicePrincipal=ANALYZER)[0] == "AccessDeniedException"
    org.client.deregister_delegated_administrator(AccountId=dev, ServicePrincipal=IAM)
    assert refused(there.list_accounts)[0] == "AccessDeniedException"
    again = refused(org.client.deregister_delegated_administrator, AccountId=dev, ServicePrincipal=IAM)
    assert again[0] == "AccountNotRegisteredException"
    assert refused(org.client.list_delegated_services_for_account, AccountId=dev)[0] == "AccountNotRegisteredException"
    org.client.disable_aws_service_access(ServicePrincipal=IAM)


def test_who_administers_nothing(org: Org) -> None:
    org.client.enable_aws_service_access(ServicePrincipal=IAM)
    register = org.client.register_delegated_administrator
    reason = constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    assert refused(register, AccountId=ACCOUNT, ServicePrincipal=IAM) == reason
    assert refused(register, AccountId="999999999999", ServicePrincipal=IAM)[0] == "AccountNotFoundException"
    closed = org.account("closed")
    org.client.close_account(AccountId=closed)
    reason = constraint("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    assert refused(register, AccountId=closed, ServicePrincipal=IAM) == reason
