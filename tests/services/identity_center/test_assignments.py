"""Assignments: roles in the accounts of an organization, made, brought up to date and taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT
from tests.services.identity_center.conftest import Center
from tests.services.identity_center.test_permission_sets import POLICY, READ_ONLY, code
from tests.services.organizations.test_closed_accounts import turn


def assign(center: Center, arn: str, principal: str, account: str, type_: str = "USER", verb: str = "create") -> Any:
    """The status that a request to assign or to take away has in the end."""
    sso, noun = center.sso, {"create": "Creation", "delete": "Deletion"}[verb]
    begun = getattr(sso, f"{verb}_account_assignment")(
        InstanceArn=center.arn,
        PermissionSetArn=arn,
        TargetId=account,
        TargetType="AWS_ACCOUNT",
        PrincipalType=type_,
        PrincipalId=principal,
    )[f"AccountAssignment{noun}Status"]
    assert begun["Status"] == "IN_PROGRESS"
    id = {f"AccountAssignment{noun}RequestId": begun["RequestId"]}
    describe = getattr(sso, f"describe_account_assignment_{noun.lower()}_status")
    told = describe(InstanceArn=center.arn, **id)[f"AccountAssignment{noun}Status"]
    assert {key: told[key] for key in begun if key != "Status"} == {k: v for k, v in begun.items() if k != "Status"}
    return told


def roles_in(iam: Any) -> list[Any]:
    return list(iam.list_roles(PathPrefix="/aws-reserved/sso.amazonaws.com/")["Roles"])


def test_an_assignment_makes_a_role_in_the_account_and_the_last_one_takes_it_away(center: Center) -> None:
    ann = center.new_user("ann")
    devs = center.store.create_group(IdentityStoreId=center.store_id, DisplayName="devs")["GroupId"]
    center.store.create_group_membership(IdentityStoreId=center.store_id, GroupId=devs, MemberId={"UserId": ann})
    arn = center.new_set("Admin", Description="all of it", SessionDuration="PT8H")
    here = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    center.sso.attach_managed_policy_to_permission_set(**here, ManagedPolicyArn=READ_ONLY)
    center.sso.put_inline_policy_to_permission_set(**here, InlinePolicy=POLICY)
    assert assign(center, arn, ann, center.member)["Status"] == "SUCCEEDED"
    assert assign(center, arn, devs, center.member, "GROUP")["Status"] == "SUCCEEDED"
    assert len(center.sso.list_account_assignments(**here, AccountId=center.member)["AccountAssignments"]) == 2

    iam = center.client_in(center.member, "iam")
    (role,) = roles_in(iam)
    assert re.fullmatch(r"AWSReservedSSO_Admin_[0-9a-f]{16}", role["RoleName"])
    assert (role["Description"], role["MaxSessionDuration"]) == ("all of it", 43200)
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    provider = statement["Principal"]["Federated"]
    assert re.fullmatch(rf"arn:aws:iam::{center.member}:saml-provider/AWSSSO_[0-9a-f]{{16}}_DO_NOT_DELETE", provider)
    assert statement["Action"] == ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    assert statement["Condition"] == {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    assert len(iam.get_saml_provider(SAMLProviderArn=provider)["SAMLMetadataDocument"]) >= 1000  # as AWS demands
    named = {"RoleName": role["RoleName"]}
    assert iam.list_attached_role_policies(**named)["AttachedPolicies"][0]["PolicyArn"] == READ_ONLY
    inline = iam.get_role_policy(**named, PolicyName="AwsSSOInlinePolicy")["PolicyDocument"]
    assert inline == json.loads(POLICY)
    assert iam.get_role(RoleName="AWSServiceRoleForSSO")

    mine = {"InstanceArn": center.arn, "PrincipalId": ann, "PrincipalType": "USER"}
    found = center.sso.list_account_assignments_for_principal(**mine)["AccountAssignments"]
    assert {each["PrincipalType"] for each in found} == {"USER", "GROUP"}
    other = {"AccountId": ACCOUNT}
    assert not center.sso.list_account_assignments_for_principal(**mine, Filter=other)["AccountAssignments"]
    assert code(center.sso.delete_permission_set, **here) == "ConflictException"
    assign(center, arn, ann, center.member, verb="delete")
    assert roles_in(iam)
    assert assign(center, arn, devs, center.member, "GROUP", "delete")["Status"] == "SUCCEEDED"
    assert roles_in(iam) == []
    gone = assign(center, arn, ann, center.member, verb="delete")
    assert gone["FailureReason"].startswith("Received a 404 status error: EntitlementItem doesn't exist with the given")
    center.sso.delete_permission_set(**here)


def test_changes_of_a_set_reach_an_account_when_it_is_provisioned(center: Center) -> None:
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    here = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    center.sso.attach_managed_policy_to_permission_set(**here, ManagedPolicyArn=READ_ONLY)
    assign(center, arn, ann, center.member)
    iam = center.client_in(center.member, "iam")
    (role,) = roles_in(iam)
    named = {"RoleName": role["RoleName"]}
    center.sso.detach_managed_policy_from_permission_set(**here, ManagedPolicyArn=READ_ONLY)
    center.sso.put_inline_policy_to_permission_set(**here, InlinePolicy=POLICY)
    center.sso.put_permissions_boundary_to_permission_set(**here, PermissionsBoundary={"ManagedPolicyArn": READ_ONLY})

    def with_status(status: str) -> Any:
        told = center.sso.list_accounts_for_provisioned_permission_set(**here, ProvisioningStatus=status)
        sets = center.sso.list_permission_sets_provisioned_to_account(
            InstanceArn=center.arn, AccountId=center.member, ProvisioningStatus=status
        )["PermissionSets"]
        assert bool(sets) is bool(told["AccountIds"])
        return told["AccountIds"]

    assert with_status("LATEST_PERMISSION_SET_NOT_PROVISIONED") == [center.member]
    assert iam.list_attached_role_policies(**named)["AttachedPolicies"]
    begun = center.sso.provision_permission_set(**here, TargetType="ALL_PROVISIONED_ACCOUNTS")
    id = begun["PermissionSetProvisioningStatus"]["RequestId"]
    told = center.sso.describe_permission_set_provisioning_status(
        InstanceArn=center.arn, ProvisionPermissionSetRequestId=id
    )["PermissionSetProvisioningStatus"]
    assert told["Status"] == "SUCCEEDED"
    listed = center.sso.list_permission_set_provisioning_status(InstanceArn=center.arn, Filter={"Status": "SUCCEEDED"})
    assert [each["RequestId"] for each in listed["PermissionSetsProvisioningStatus"]] == [id]
    assert with_status("LATEST_PERMISSION_SET_PROVISIONED") == [center.member]
    assert iam.list_attached_role_policies(**named)["AttachedPolicies"] == []
    assert iam.list_role_policies(**named)["PolicyNames"] == ["AwsSSOInlinePolicy"]
    assert iam.get_role(**named)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY


def test_a_policy_that_the_account_lacks_fails_the_assignment(center: Center) -> None:
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    reference = {"Name": "own", "Path": "/a/"}
    center.sso.attach_customer_managed_policy_reference_to_permission_set(
        InstanceArn=center.arn, PermissionSetArn=arn, CustomerManagedPolicyReference=reference
    )
    failed = assign(center, arn, ann, center.member)
    own = f"arn:aws:iam::{center.member}:policy/a/own"
    assert failed["FailureReason"] == f"Received a 404 status error: Not supported policy {own}."
    iam = center.client_in(center.member, "iam")
    assert roles_in(iam) == []
    iam.create_policy(PolicyName="own", Path="/a/", PolicyDocument=POLICY)
    assert assign(center, arn, ann, center.member)["Status"] == "SUCCEEDED"
    (role,) = roles_in(iam)
    assert iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"][0]["PolicyArn"] == own
    for number in range(20):
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=POLICY)
        center.sso.attach_customer_managed_policy_reference_to_permission_set(
            InstanceArn=center.arn, PermissionSetArn=arn, CustomerManagedPolicyReference={"Name": f"p{number}"}
        )
    crowded = assign(center, arn, ann, center.member)
    assert "Cannot exceed quota for PoliciesPerRole: 20 (" in crowded["FailureReason"]
    statuses = center.sso.list_account_assignment_creation_status(InstanceArn=center.arn)
    assert {each["Status"] for each in statuses["AccountAssignmentsCreationStatus"]} == {"FAILED", "SUCCEEDED"}
    nobody = assign(center, arn, ann[:-1] + ("1" if ann[-1] == "0" else "0"), center.member)
    assert nobody["FailureReason"].endswith(f"was not found in directory {center.store_id}")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        assign(center, arn, ann, "999999999999")


def test_nobody_but_the_service_changes_what_it_has_made(center: Center) -> None:
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    assign(center, arn, ann, center.member)
    iam = center.client_in(center.member, "iam")
    (role,) = roles_in(iam)
    named = {"RoleName": role["RoleName"]}
    trust = json.dumps(role["AssumeRolePolicyDocument"])
    provider = {"SAMLProviderArn": role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Federated"]}
    tags = [{"Key": "a", "Value": "b"}]
    for call, params in (
        (iam.delete_role, {}),
        (iam.update_role, {"Description": "x"}),
        (iam.update_role_description, {"Description": "x"}),
        (iam.tag_role, {"Tags": tags}),
        (iam.untag_role, {"TagKeys": ["a"]}),
        (iam.attach_role_policy, {"PolicyArn": READ_ONLY}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": POLICY}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": READ_ONLY}),
        (iam.update_assume_role_policy, {"PolicyDocument": trust}),
    ):
        assert code(call, **named, **params) == "UnmodifiableEntity", params
    iam.create_instance_profile(InstanceProfileName="p")
    assert code(iam.add_role_to_instance_profile, **named, InstanceProfileName="p") == "UnmodifiableEntity"
    assert code(iam.delete_saml_provider, **provider) == "UnmodifiableEntity"
    assert code(iam.tag_saml_provider, **provider, Tags=tags) == "UnmodifiableEntity"
    tagging = center.client_in(center.member, "resourcegroupstaggingapi")
    failed = tagging.tag_resources(ResourceARNList=[role["Arn"], provider["SAMLProviderArn"]], Tags={"a": "b"})
    assert {each["ErrorCode"] for each in failed["FailedResourcesMap"].values()} == {"UnmodifiableEntity"}
    assert (
        code(iam.create_role, RoleName="r", Path="/aws-reserved/x/", AssumeRolePolicyDocument=trust) == "InvalidInput"
    )
    metadata = iam.get_saml_provider(**provider)["SAMLMetadataDocument"]
    name = "AWSSSO_0123456789abcdef_DO_NOT_DELETE"
    assert code(iam.create_saml_provider, Name=name, SAMLMetadataDocument=metadata) == "InvalidInput"


def test_the_accounts_trail_tells_what_the_service_did(center: Center) -> None:
    assign(center, center.new_set("Admin"), center.new_user("ann"), center.member)
    trail = center.client_in(center.member, "cloudtrail")
    events = trail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateRole"}])
    (event,) = [json.loads(each["CloudTrailEvent"]) for each in events["Events"]]
    who = event["userIdentity"]
    assert (who["type"], who["invokedBy"]) == ("AssumedRole", "sso.amazonaws.com")
    assert who["arn"] == f"arn:aws:sts::{center.member}:assumed-role/AWSServiceRoleForSSO/AWS-SSO"
    assert event["requestParameters"]["path"] == "/aws-reserved/sso.amazonaws.com/"


def test_an_account_that_deletes_the_services_role_does_not_keep_the_others(center: Center) -> None:
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    assign(center, arn, ann, center.member)
    iam = center.client_in(center.member, "iam")
    iam.delete_service_linked_role(RoleName="AWSServiceRoleForSSO")
    assert assign(center, arn, ann, center.member, verb="delete")["Status"] == "SUCCEEDED"
    assert roles_in(iam) == []
    center.sso.delete_instance(InstanceArn=center.arn)
    assert iam.list_saml_providers()["SAMLProviderList"] == []  # which the account could not delete by itself


def test_what_a_set_has_no_more_is_taken_with_the_callers_rights(
    center: Center, user: Callable[..., Callable[[str], Any]]
) -> None:
    ann, arn, iam = center.new_user("ann"), center.new_set("Admin"), center.server.client("iam")
    here = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    center.sso.attach_managed_policy_to_permission_set(**here, ManagedPolicyArn=READ_ONLY)
    center.sso.put_inline_policy_to_permission_set(**here, InlinePolicy=POLICY)
    center.sso.put_permissions_boundary_to_permission_set(**here, PermissionsBoundary={"ManagedPolicyArn": READ_ONLY})
    assign(center, arn, ann, ACCOUNT)
    assert roles_in(iam)
    steps = (
        ("DetachRolePolicy", center.sso.detach_managed_policy_from_permission_set, {"ManagedPolicyArn": READ_ONLY}),
        ("DeleteRolePolicy", center.sso.delete_inline_policy_from_permission_set, {}),
        ("DeleteRolePermissionsBoundary", center.sso.delete_permissions_boundary_from_permission_set, {}),
        ("CreateServiceLinkedRole", lambda **_: iam.delete_service_linked_role(RoleName="AWSServiceRoleForSSO"), {}),
        ("DeleteSAMLProvider", None, {}),
    )
    for action, change, given in steps:
        every, no = {"Effect": "Allow", "Action": "*", "Resource": "*"}, f"iam:{action}"
        sso = user(action, every, {"Effect": "Deny", "Action": no, "Resource": "*"})("sso-admin")
        bound = Center(center.server, sso, center.store, center.arn, center.store_id, center.member)
        if change is not None:
            change(**here, **given)
        verb = "create" if change is not None else "delete"
        assert no in assign(bound, arn, ann, ACCOUNT, verb=verb)["FailureReason"]
        if change is not None:
            assert assign(center, arn, ann, ACCOUNT)["Status"] == "SUCCEEDED"
    assert assign(center, arn, ann, ACCOUNT, verb="delete")["Status"] == "SUCCEEDED"
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def test_in_the_account_of_the_instance_the_service_has_the_rights_of_its_caller(
    center: Center, user: Callable[..., Callable[[str], Any]]
) -> None:
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    sso_alone = user("sso", {"Effect": "Allow", "Action": ["sso:*"], "Resource": "*"})("sso-admin")
    refused = assign(Center(center.server, sso_alone, center.store, center.arn, center.store_id, ""), arn, ann, ACCOUNT)
    assert refused["Status"] == "FAILED"
    assert "Received a 403 status error: Access denied by IAM." in refused["FailureReason"]
    assert "iam:CreateSAMLProvider" in refused["FailureReason"]
    assert roles_in(center.server.client("iam")) == []
    assert assign(center, arn, ann, ACCOUNT)["Status"] == "SUCCEEDED"
    assert roles_in(center.server.client("iam"))


def test_a_delegate_administers_all_but_the_management_account(center: Center) -> None:
    organizations = center.server.client("organizations")
    theirs = center.client_in(center.member, "sso-admin")
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    here = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    assert code(theirs.describe_permission_set, **here) == "AccessDeniedException"
    organizations.register_delegated_administrator(AccountId=center.member, ServicePrincipal="sso.amazonaws.com")
    delegate = Center(center.server, theirs, center.store, center.arn, center.store_id, center.member)
    assert theirs.describe_permission_set(**here)["PermissionSet"]["Name"] == "Admin"
    assert assign(delegate, arn, ann, center.member)["Status"] == "SUCCEEDED"
    with pytest.raises(ClientError, match="AccessDeniedException"):
        assign(delegate, arn, ann, ACCOUNT)
    trail = center.client_in(center.member, "cloudtrail")
    events = trail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateRole"}])
    who = json.loads(events["Events"][0]["CloudTrailEvent"])["userIdentity"]
    assert who["arn"].endswith("assumed-role/AWSServiceRoleForSSO/AWS-SSO")  # whose rights it took
    theirs.update_permission_set(**here, Description="theirs")
    assign(center, arn, ann, ACCOUNT)
    with pytest.raises(ClientError, match="provisioned in the management account"):
        theirs.update_permission_set(**here, Description="x")
    iam = center.client_in(center.member, "iam")
    iam.create_user(UserName="nobody")
    nobody = center.server.client("sso-admin", iam.create_access_key(UserName="nobody")["AccessKey"])
    for target in (ACCOUNT, center.member):
        with pytest.raises(ClientError, match="because no identity-based policy allows"):
            assign(Center(center.server, nobody, None, center.arn, center.store_id, ""), arn, ann, target)


def test_with_the_instance_goes_all_that_it_has_made(center: Center) -> None:
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    iam = center.client_in(center.member, "iam")
    assign(center, arn, ann, center.member)
    assert iam.list_saml_providers()["SAMLProviderList"]
    theirs = center.client_in(center.member, "sso-admin")
    assert code(theirs.delete_instance, InstanceArn=center.arn) == "AccessDeniedException"
    center.sso.delete_instance(InstanceArn=center.arn)
    assert roles_in(iam) == []
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    assert center.sso.list_instances()["Instances"] == []
    assert code(center.sso.describe_instance, InstanceArn=center.arn) == "AccessDeniedException"
    assert center.sso.create_instance()["InstanceArn"] != center.arn


def test_an_account_that_leaves_the_organization_keeps_no_role_of_it(center: Center) -> None:
    key = center.server.add_account("210987654321")
    organizations = center.server.client("organizations")
    target = {"Id": "210987654321", "Type": "ACCOUNT"}
    handshake = organizations.invite_account_to_organization(Target=target)["Handshake"]["Id"]
    theirs = center.server.client("organizations", key)
    theirs.accept_handshake(HandshakeId=handshake)
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    assert assign(center, arn, ann, "210987654321")["Status"] == "SUCCEEDED"
    iam = center.server.client("iam", key)
    assert len(roles_in(iam)) == 1
    theirs.leave_organization()
    assert roles_in(iam) == []
    here = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    assert center.sso.list_account_assignments(**here, AccountId="210987654321")["AccountAssignments"] == []
    assert code(center.server.client("sso-admin", key).describe_instance, InstanceArn=center.arn) == (
        "AccessDeniedException"
    )
    center.sso.delete_permission_set(**here)


def test_assignments_go_with_a_closed_account(center: Center) -> None:
    ann, arn = center.new_user("ann"), center.new_set("Admin")
    here = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    assign(center, arn, ann, center.member)
    center.server.client("organizations").close_account(AccountId=center.member)
    suspended = assign(center, arn, ann, center.member)
    assert suspended["FailureReason"].endswith("is suspended")
    assert code(center.sso.delete_permission_set, **here) == "ConflictException"
    turn(center.server, 91)
    assert center.sso.list_account_assignments(**here, AccountId=center.member)["AccountAssignments"] == []
    center.sso.delete_permission_set(**here)


def test_a_member_accounts_own_instance_is_for_that_account_alone(center: Center) -> None:
    theirs, store = center.client_in(center.member, "sso-admin"), center.client_in(center.member, "identitystore")
    arn = theirs.create_instance()["InstanceArn"]
    store_id = theirs.describe_instance(InstanceArn=arn)["IdentityStoreId"]
    own = Center(center.server, theirs, store, arn, store_id, center.member)
    assert code(own.new_set, name="Admin") == "ValidationException"
    assert code(theirs.update_instance, InstanceArn=arn, PermissionSetsEnabled=False) == "ValidationException"
    theirs.update_instance(InstanceArn=arn, PermissionSetsEnabled=True)
    ann, set_ = own.new_user("ann"), own.new_set("Admin")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        assign(own, set_, ann, ACCOUNT)
    assert assign(own, set_, ann, center.member)["Status"] == "SUCCEEDED"
    assert len(roles_in(center.client_in(center.member, "iam"))) == 1
    assert code(center.sso.describe_permission_set, InstanceArn=arn, PermissionSetArn=set_) == "AccessDeniedException"
