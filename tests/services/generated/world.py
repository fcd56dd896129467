"""Two accounts that hold one of everything, and for every operation a call that succeeds there.

Entities called `there` have all that they can have, entities called `bare` nothing, `gone` was deleted.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from iamd.wire.model import Member, OperationModel
from tests.caller.saml.idp import ATTRIBUTES, Story, encoded, signed_response
from tests.hostile.door import ROOT
from tests.live import ACCOUNT
from tests.services.generated.direct import OTHER, Direct, Key
from tests.services.generated.estate import SERVICES, Estate
from tests.services.generated.values import NUMBERS, Entries
from tests.services.iam import pki, saml
from tests.services.iam.documents import READ
from tests.services.phones import Phone
from tests.services.roles import trust

PASSWORD, NEXT_PASSWORD = "Correct-Horse-1", "Battery-Staple-2"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
TEMPLATE = "arn:aws:iam::aws:role-template/iam.amazonaws.com/PowerUserRoleTemplate:1"
TRUST = trust(
    {"AWS": f"arn:aws:iam::{ACCOUNT}:root", "Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/there"},
    ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRoleWithSAML"],
)
THUMBPRINT = "ab" * 20
TAGS = [{"Key": "k", "Value": "v"}]


def arn(path: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:{path}"


class World:
    """The accounts behind `direct`, stocked through the API, and what calls need to name what is there."""

    def __init__(self, direct: Direct) -> None:
        self.direct = direct
        self.caller: Key = ROOT
        self.values: dict[str, Any] = {}
        self._credentials()
        self._identities()
        self._belongings()
        self._providers()
        self._delegation()
        self._gone()
        self.estate = Estate(self.make)
        direct.accounts = (*direct.accounts, *self.estate.accounts.values())
        self.contents, self.revisions = direct.contents(), direct.revisions()

    def make(self, action: str, service: str = "iam", /, *, by: Key = ROOT, **params: Any) -> Any:
        answered = self.direct.call(action, params, key=by, service=service)
        assert answered.status == 200, (action, answered.code, answered.message)
        return answered

    def _credentials(self) -> None:
        make = self.make
        make("CreateUser", UserName="caller")
        make("AttachUserPolicy", UserName="caller", PolicyArn=ADMINISTRATOR)
        made = make("CreateAccessKey", UserName="caller")
        make("CreateLoginProfile", UserName="caller", Password=PASSWORD)
        self.caller = {"AccessKeyId": made.text("AccessKeyId"), "SecretAccessKey": made.text("SecretAccessKey")}

    def _identities(self) -> None:
        make, policy = self.make, {"PolicyName": "there", "PolicyDocument": READ}
        make("CreatePolicy", **policy, Tags=TAGS)
        make("CreatePolicyVersion", PolicyArn=arn("policy/there"), PolicyDocument=READ)
        for name in ("bare", "gone"):
            make("CreatePolicy", PolicyName=name, PolicyDocument=READ)
        for kind, more in (("User", {}), ("Group", {}), ("Role", {"AssumeRolePolicyDocument": TRUST})):
            for name in ("there", "bare", "gone"):
                make(f"Create{kind}", **{f"{kind}Name": name, **more})
            named = {f"{kind}Name": "there"}
            make(f"Put{kind}Policy", **named, **policy)
            make(f"Attach{kind}Policy", **named, PolicyArn=arn("policy/there"))
            if kind != "Group":
                make(f"Tag{kind}", **named, Tags=TAGS)
                make(f"Put{kind}PermissionsBoundary", **named, PermissionsBoundary=ADMINISTRATOR)
        make("AddUserToGroup", GroupName="there", UserName="there")
        for name in ("there", "bare", "gone"):
            make("CreateInstanceProfile", InstanceProfileName=name)
        make("AddRoleToInstanceProfile", InstanceProfileName="there", RoleName="there")
        for service in ("autoscaling", "elasticloadbalancing"):
            make("CreateServiceLinkedRole", AWSServiceName=f"{service}.amazonaws.com")
        deletion = make("DeleteServiceLinkedRole", RoleName="AWSServiceRoleForElasticLoadBalancing")
        self.values["DeletionTaskId"] = deletion.text("DeletionTaskId")

    def _belongings(self) -> None:
        make, named = self.make, {"UserName": "there"}
        make("CreateAccountAlias", AccountAlias="there")
        make("UpdateAccountPasswordPolicy", MinimumPasswordLength=8)
        self.values["AccessKeyId"] = make("CreateAccessKey", **named).text("AccessKeyId")
        make("CreateLoginProfile", **named, Password=PASSWORD)
        key = pki.ssh(pki.rsa_key(2048))
        self.values["SSHPublicKeyId"] = make("UploadSSHPublicKey", **named, SSHPublicKeyBody=key).text("SSHPublicKeyId")
        own = pki.issue("there", key=pki.rsa_key(2048))
        self.values["CertificateId"] = make("UploadSigningCertificate", **named, CertificateBody=own.pem).text(
            "CertificateId"
        )
        made = make("CreateServiceSpecificCredential", **named, ServiceName="codecommit.amazonaws.com")
        self.values["ServiceSpecificCredentialId"] = made.text("ServiceSpecificCredentialId")
        issued = pki.issue("there", key=pki.rsa_key(2048))
        self.values |= {"CertificateBody": issued.pem, "PrivateKey": issued.key_pem, "CertificateChain": issued.pem}
        make(
            "UploadServerCertificate",
            ServerCertificateName="there",
            CertificateBody=issued.pem,
            PrivateKey=issued.key_pem,
            Tags=TAGS,
        )
        self.idle = self._phone("idle")
        self.enabled = self._phone("there")
        make("EnableMFADevice", **named, **self.enabled.pair())
        make("TagMFADevice", SerialNumber=self.enabled.serial, Tags=TAGS)
        make("GenerateCredentialReport")
        job = make("GenerateServiceLastAccessedDetails", by=self.caller, Arn=arn("user/there"))
        self.values["JobId"] = job.text("JobId")  # for whoever asked alone

    def _phone(self, name: str) -> Phone:
        phone = Phone.__new__(Phone)
        made = self.make("CreateVirtualMFADevice", VirtualMFADeviceName=name)
        phone.start(made.text("SerialNumber"), base64.b64decode(made.text("Base32StringSeed")))
        return phone

    def _providers(self) -> None:
        make = self.make
        make("CreateOpenIDConnectProvider", Url="https://there.example", ClientIDList=["there"], Tags=TAGS)
        make("CreateSAMLProvider", Name="there", SAMLMetadataDocument=saml.metadata(), Tags=TAGS)
        make("EnableOutboundWebIdentityFederation")
        make("AcquireRole", TemplateArn=TEMPLATE, ReplacementValues=self._replacements("templated"))

    @staticmethod
    def _replacements(role: str) -> Entries:
        service = {"Values": ["lambda.amazonaws.com"]}
        return Entries({"RoleName": {"Values": [role]}, "AWSServiceName": service})

    def _delegation(self) -> None:
        document = READ.replace('"*"', '"arn:aws:s3:::@{Bucket}"')
        self.make("CreatePolicy", PolicyName="template", PolicyDocument=document, by=self.direct.other)
        self.make("CreatePolicy", PolicyName="template", PolicyDocument=document)
        self.requests = {}
        for state, actions in {
            "unassigned": (),
            "assigned": ("Associate",),
            "accepted": ("Associate", "Accept"),
        }.items():
            asked = {**self._request(OTHER), "RequestorWorkflowId": state}
            id = self.make("CreateDelegationRequest", by=self.direct.other, **asked).text("DelegationRequestId")
            self.requests[state] = id
            for verb in actions:
                self.make(f"{verb}DelegationRequest", by=self.caller, DelegationRequestId=id)

    @staticmethod
    def _request(account: str = ACCOUNT) -> dict[str, Any]:
        bucket = {"Name": "Bucket", "Values": ["there"], "Type": "string"}
        return {
            "Description": "there",
            "Permissions": {"PolicyTemplateArn": arn("policy/template", account), "Parameters": [bucket]},
            "RequestorWorkflowId": "newest",
            "NotificationChannel": f"arn:aws:sns:us-east-1:{account}:topic",
            "SessionDuration": 3600,
        }

    def _gone(self) -> None:
        for kind in ("User", "Group", "Role", "InstanceProfile"):
            self.make(f"Delete{kind}", **{f"{kind}Name": "gone"})
        self.make("DeletePolicy", PolicyArn=arn("policy/gone"))

    @staticmethod
    def _assertion() -> str:
        """A response of now, of the SAML provider that is there."""
        said = {"Role": [f"{arn('role/there')},{arn('saml-provider/there')}"], "RoleSessionName": ["there"]}
        story = Story(
            datetime.now(UTC),
            issuer=saml.ENTITY,
            response_issuer=saml.ENTITY,
            attributes={ATTRIBUTES + name: values for name, values in said.items()},
        )
        return encoded(signed_response(story, saml.key()))

    def unchanged(self) -> bool:
        """Whether no change has been made since the world was put in order."""
        return self.direct.revisions() == self.revisions

    def restore(self) -> None:
        """Put back what has been changed."""
        if not self.unchanged():
            self.direct.restore(self.contents)
            self.revisions = self.direct.revisions()

    def fit(self, operation: OperationModel) -> dict[str, Any]:
        """Parameters with which the operation succeeds as `caller`: the required ones, and what its case needs."""
        params = {member.name: self.sample(member) for member in operation.inputs if member.required}
        if operation.service.name in SERVICES:
            return {**params, **self.estate.fit(operation)}
        return {**params, **self._case(operation.name)}

    def _case(self, name: str) -> Mapping[str, Any]:
        if name in _ON_BARE:
            return {_ON_BARE[name]: "bare"}
        if name in _CASES:
            return _CASES[name]
        mfa = {"EnableMFADevice": (self.idle, "bare"), "ResyncMFADevice": (self.enabled, "there")}
        if name in mfa:
            phone, user = mfa[name]
            return {"UserName": user, **phone.pair(2)}
        state = _STATES.get(name)
        if state is not None:
            return {"DelegationRequestId": self.requests[state]}
        return {
            "CreateDelegationRequest": self._request(),
            "AcquireRole": {"TemplateArn": TEMPLATE, "ReplacementValues": self._replacements("new")},
            "DeleteVirtualMFADevice": {"SerialNumber": self.idle.serial},
            "GetHumanReadableSummary": {"EntityArn": arn(f"delegation-request/{self.requests['assigned']}")},
        }.get(name, {})

    def sample(self, member: Member) -> Any:
        """A value that the member takes, which names what is `there`."""
        shape, name = member.shape, member.name
        known = {**self.estate.samples(), **_SAMPLES, **self.values}
        if name in known:
            return known[name]
        if name == "SAMLAssertion":
            return self._assertion()
        if name == "SerialNumber":
            return self.enabled.serial
        if name == "DelegationRequestId":
            return self.requests["unassigned"]
        if shape.type == "structure":
            return {inner.name: self.sample(inner) for inner in shape.members if inner.required} or {
                inner.name: self.sample(inner) for inner in shape.members
            }
        if shape.type == "list":
            return [self.sample(shape.element)]
        if shape.type == "map":
            return Entries({"there": self.sample(shape.value)})
        if shape.type in NUMBERS:
            return max(1, int(shape.min or 0))
        if shape.type == "boolean":
            return True
        return shape.enum[0] if shape.enum else "there"


_SAMPLES: dict[str, Any] = {
    "AWSServiceName": "elasticbeanstalk.amazonaws.com",
    "ActionNames": ["s3:GetObject"],
    "Arn": arn("user/there"),
    "AssumeRolePolicyDocument": TRUST,
    "AuthenticationCode1": "123456",
    "AuthenticationCode2": "123456",
    "CallerArn": arn("user/there"),
    "DurationSeconds": 3600,
    "EntityPath": "o-a1b2c3d4e5/r-a1b2",
    "Locale": "en",
    "MaxSessionDuration": 3600,
    "NewPassword": NEXT_PASSWORD,
    "NewPath": "/there/",
    "OldPassword": PASSWORD,
    "OpenIDConnectProviderArn": arn("oidc-provider/there.example"),
    "OrganizationsPolicyId": "p-a1b2c3d4",
    "Password": NEXT_PASSWORD,
    "Path": "/there/",
    "PathPrefix": "/",
    "PermissionsBoundary": ADMINISTRATOR,
    "PermissionsBoundaryPolicyInputList": [READ],
    "Policy": READ,
    "PolicyArn": arn("policy/there"),
    "PolicyDocument": READ,
    "PolicyInputList": [READ],
    "PolicySourceArn": arn("user/there"),
    "PrincipalArn": arn("saml-provider/there"),
    "Properties": Entries({"RoleManager/Enabled": "true"}),
    "ResourceArns": ["arn:aws:s3:::there/key"],
    "ResourceOwner": arn("root"),
    "ResourcePolicy": READ,
    "RoleArn": arn("role/there"),
    "SAMLMetadataDocument": saml.metadata(),
    "SAMLProviderArn": arn("saml-provider/there"),
    "SSHPublicKeyBody": pki.ssh(pki.rsa_key(2048, "new")),
    "ServiceName": "codecommit.amazonaws.com",
    "SigningAlgorithm": "RS256",
    "ServiceNamespace": "s3",
    "ServiceNamespaces": ["s3"],
    "Tags": TAGS,
    "TagKeys": ["k"],
    "TemplateArn": TEMPLATE,
    "ThumbprintList": [THUMBPRINT],
    "Url": "https://new.example",
    "VersionId": "v1",
    "arn": ADMINISTRATOR,
}

_ON_BARE = {
    "DeleteUser": "UserName",
    "DeleteGroup": "GroupName",
    "DeleteRole": "RoleName",
    "DeleteInstanceProfile": "InstanceProfileName",
    "AddRoleToInstanceProfile": "InstanceProfileName",
}

_STATES = {
    "UpdateDelegationRequest": "assigned",
    "AcceptDelegationRequest": "assigned",
    "RejectDelegationRequest": "assigned",
    "SendDelegationToken": "accepted",
}

_CASES: dict[str, dict[str, Any]] = {
    **{
        name: {"UserName": "there"}
        for name in (
            *("UpdateAccessKey", "DeleteAccessKey", "DeactivateMFADevice", "GetMFADevice"),
            *("UpdateSigningCertificate", "DeleteSigningCertificate"),
            *(f"{verb}ServiceSpecificCredential" for verb in ("Update", "Reset", "Delete")),
        )
    },
    "CreateAccountAlias": {"AccountAlias": "new"},
    "CreateGroup": {"GroupName": "new"},
    "CreateInstanceProfile": {"InstanceProfileName": "new"},
    "CreateLoginProfile": {"UserName": "bare", "Password": PASSWORD},
    "CreatePolicy": {"PolicyName": "new"},
    "CreateRole": {"RoleName": "new"},
    "CreateSAMLProvider": {"Name": "new"},
    "CreateUser": {"UserName": "new"},
    "CreateVirtualMFADevice": {"VirtualMFADeviceName": "new"},
    "DeletePolicy": {"PolicyArn": arn("policy/bare")},
    "DeletePolicyVersion": {"VersionId": "v2"},
    "DeleteServiceLinkedRole": {"RoleName": "AWSServiceRoleForAutoScaling"},
    "UpdateAssumeRolePolicy": {"PolicyDocument": TRUST},
    "UpdateSAMLProvider": {"SAMLMetadataDocument": saml.metadata()},
    "UploadServerCertificate": {"ServerCertificateName": "new"},
    "UploadSigningCertificate": {"UserName": "bare"},
}
