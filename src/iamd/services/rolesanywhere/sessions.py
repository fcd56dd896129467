"""CreateSession: a role's credentials for whoever has signed with the key of a certificate that an anchor's authority
has issued.

It is not in the service's published model: the credential helper knows it by heart.
https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Meta

from iamd.audit import ApiEvent, Identity
from iamd.audit.ids import new_uuid
from iamd.caller.certificates import attributes, chains, signing
from iamd.caller.certificates.chains import Untrusted
from iamd.caller.certificates.signing import Signed
from iamd.services.call import Realm
from iamd.services.rolesanywhere.profiles import SERVICE, mappings_of
from iamd.services.rolesanywhere.resources import by_id
from iamd.services.sts.service_sessions import ServiceCall, assume_for_service
from iamd.services.sts.session_policies import session_policies
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.roles_anywhere import AnywhereProfile, CertificateSubject, TrustAnchor
from iamd.wire.errors import AccessDenied, ResourceNotFoundException, ValidationException
from iamd.wire.http import HttpRequest

MAX_CREDENTIALS = 5  # certificates of a subject that are remembered
_Arn = Annotated[str, Meta(max_length=1_011, pattern=r"^arn:[^:\s]+:[^:\s]+:[^:\s]*:\d{12}:\S+$")]


class Asked(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a client asks for; `session_name` and what is unknown are ignored, as AWS does."""

    profile_arn: _Arn
    role_arn: _Arn
    trust_anchor_arn: _Arn
    duration_seconds: Annotated[int, Meta(ge=900, le=43_200)] | None = None
    role_session_name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_+=,.@-]{2,64}$")] | None = None
    instance_properties: dict[str, str] | None = None


async def create_session(realm: Realm, request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The answer's body by AWS's names, with times as text. Raises AwsError."""
    try:
        signed = signing.verify(request, now)
        asked = _asked(request)
        return await _open(realm, request, signed, asked, now)
    except Untrusted as error:
        raise AccessDenied(str(error)) from None


def _asked(request: HttpRequest) -> Asked:
    """Parameters stand in the body or in the query, where the public helper puts the ARNs."""
    try:
        document = msgspec.json.decode(request.body or b"{}", type=dict[str, Any])
        query = dict(parse_qsl(request.query.decode("ascii"), max_num_fields=20, errors="strict"))
        return msgspec.convert({**document, **query}, Asked)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValidationException(f"The request is not valid: {str(error)[:200]}") from None


async def _open(realm: Realm, request: HttpRequest, signed: Signed, asked: Asked, now: datetime) -> dict[str, Any]:
    store, account_id = realm.store, asked.trust_anchor_arn.split(":")[4]
    if not store.has_account(account_id):
        raise ResourceNotFoundException("Trust anchor not found")
    await store.refresh(request.arrived)
    records = await store.load(account_id)
    anchor, profile = _anchor(records, signed, asked), _profile(records, signed, asked)
    # Nothing of the certificate is believed before this.
    _check_chain(records, signed, anchor, now)
    subject = await store.write(lambda change: _seen(change, account_id, request, signed, now))
    policies = session_policies(profile.policy, [{"arn": arn} for arn in profile.policy_arns], records)
    identity = attributes.source_identity(signed.certificate)
    tags = attributes.session_tags(signed.certificate, mappings_of(profile))
    reply = await assume_for_service(
        ServiceCall(
            realm,
            now,
            signed.region,
            SERVICE,
            asked.role_arn,
            _session_name(signed.certificate, profile, asked),
            _seconds(records, profile, asked),
            anchor.arn,
            tags,
            source_identity=identity,
            policies=policies,
            # The trust policy sees the certificate as the session will have it.
            context={f"aws:principaltag/{key.lower()}": value for key, value in tags},
        )
    )
    return _told(reply, asked.role_arn, subject)


def _anchor(records: Records, signed: Signed, asked: Asked) -> TrustAnchor:
    anchor: TrustAnchor | None = by_id(records.trust_anchors, signed.region, asked.trust_anchor_arn)
    if anchor is None:
        raise ResourceNotFoundException("Trust anchor not found")
    if not anchor.enabled:
        raise AccessDenied("Trust anchor is disabled")
    return anchor


def _profile(records: Records, signed: Signed, asked: Asked) -> AnywhereProfile:
    profile: AnywhereProfile | None = by_id(records.anywhere_profiles, signed.region, asked.profile_arn)
    if profile is None:
        raise ResourceNotFoundException("Profile not found")
    if not profile.enabled:
        raise AccessDenied("Profile is disabled")
    if asked.role_arn not in profile.role_arns:
        raise AccessDenied("Unable to assume role: the profile does not have it")
    if profile.needs_instance_properties and not asked.instance_properties:
        raise ValidationException("The profile requires instance properties")
    return profile


def _check_chain(records: Records, signed: Signed, anchor: TrustAnchor, now: datetime) -> None:
    crls = [chains.read_crl(crl.data) for crl in records.revocation_lists.where("anchor", anchor.id) if crl.enabled]
    chains.verify(signed.certificate, signed.chain, chains.read_bundle(anchor.bundle), crls, now)


def _session_name(certificate: x509.Certificate, profile: AnywhereProfile, asked: Asked) -> str:
    if asked.role_session_name is None:
        return attributes.session_name(certificate)
    if not profile.accepts_session_name:
        raise AccessDenied("The profile does not accept a role session name")
    return asked.role_session_name


def _seconds(records: Records, profile: AnywhereProfile, asked: Asked) -> int:
    """As long as asked, never longer than the profile and the role allow."""
    role = records.roles.named(asked.role_arn.rpartition("/")[2])
    longest = profile.seconds if role is None else min(profile.seconds, role.max_session)
    return min(asked.duration_seconds or longest, longest)


def _seen(change: Change, account_id: str, request: HttpRequest, signed: Signed, now: datetime) -> CertificateSubject:
    """Remember who came, in the transaction of the audit event."""
    records, certificate = change.records(account_id), signed.certificate
    name = certificate.subject.rfc4514_string()
    change.event(_event(account_id, request, signed, now, name))
    subjects = records.certificate_subjects
    known = next(iter(subjects.where("subject", f"{signed.region}/{name}")), None)
    if known is None:
        known = subjects.add(CertificateSubject(account_id, new_uuid(), signed.region, name, now, now))
    serial = str(certificate.serial_number)
    others = [each for each in json.loads(known.credentials) if each["serialNumber"] != serial]
    stored = {
        "seenAt": now.isoformat(),
        "serialNumber": serial,
        "issuer": certificate.issuer.rfc4514_string(),
        "enabled": True,
        "x509CertificateData": base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
        "failed": False,
    }
    latest = json.dumps([*others, stored][-MAX_CREDENTIALS:])
    seen: CertificateSubject = subjects.replace(known, seen=now, credentials=latest)
    return seen


def _event(account_id: str, request: HttpRequest, signed: Signed, now: datetime, name: str) -> ApiEvent:
    return ApiEvent(
        account_id=account_id,
        time=now,
        source=SERVICE,
        name="CreateSession",
        region=signed.region,
        request_id=new_uuid(),
        read_only=False,
        who=Identity(type="Unknown", principal_id=name),
        client_ip=request.client_ip,
        agent=request.header(b"user-agent") or "",
        additional={"x509Subject": name, "serialNumber": str(signed.certificate.serial_number)},
    )


def _told(reply: Mapping[str, Any], role_arn: str, subject: CertificateSubject) -> dict[str, Any]:
    given, user = reply["Credentials"], reply["AssumedRoleUser"]
    return {
        "credentialSet": [
            {
                "assumedRoleUser": {"arn": user["Arn"], "assumedRoleId": user["AssumedRoleId"]},
                "credentials": {
                    "accessKeyId": given["AccessKeyId"],
                    "expiration": given["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "secretAccessKey": given["SecretAccessKey"],
                    "sessionToken": given["SessionToken"],
                },
                "packedPolicySize": reply["PackedPolicySize"] or 0,
                "roleArn": role_arn,
                "sourceIdentity": reply["SourceIdentity"],
            }
        ],
        "subjectArn": subject.arn,
    }
