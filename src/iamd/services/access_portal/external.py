"""People who sign in elsewhere: the identity provider of an instance vouches for them by SAML, and then it alone does.

https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source-idp.html. The NameID of a response is
the user's name here. A response is good once, and only at the address that others reach this server at: the name that a
request gives the server may be anybody's.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from xml.sax.saxutils import quoteattr

from iamd.audit.ids import new_uuid
from iamd.caller.saml.metadata import Issuer, issuers
from iamd.caller.saml.provider import Provider
from iamd.guard.context import iso
from iamd.services.access_portal.instances import PATH as START
from iamd.services.access_portal.people import present
from iamd.services.call import Realm
from iamd.services.signin.passwords import Refused, Visit
from iamd.services.signin.people import Person
from iamd.services.sts.saml import read_apart
from iamd.store.image import Records
from iamd.store.kinds.access_portal import IdentitySource
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.kinds.identity_store import StoreUser
from iamd.wire.errors import AwsError

PATH = f"{START}/saml/"
NO_ADDRESS = "Signing in elsewhere takes the setting public_url: an administrator has to set it."
_UNKNOWN = "Your identity provider knows you, but you are no user here, or a disabled one. Ask an administrator."
_LONGEST = 100_000  # characters of a response


@dataclass(frozen=True, slots=True)
class _Source(Provider):
    """The identity provider of an instance, whose responses are for the portal alone."""

    def is_addressed(self, url: str) -> bool:
        return url in self.endpoints


def source_of(records: Records) -> IdentitySource | None:
    """The identity provider of the account's instance; None where people have passwords here."""
    source: IdentitySource | None = records.identity_sources.get(records.account_id)
    return source


def endpoint(base: str, center: IdentityCenter) -> str:
    """Where responses for an instance are sent to, which also is its name as a service provider."""
    return f"{base.rstrip('/')}{PATH}{center.store_id}"


def _own_endpoint(realm: Realm, center: IdentityCenter) -> str:
    if realm.public_url is None:
        raise Refused(NO_ADDRESS)
    return endpoint(realm.public_url, center)


def only_issuer(metadata: str) -> Issuer | None:
    """The identity provider that metadata describe, if it is one, with certificates and an address to send people to.
    Raises MalformedMetadata."""
    found = issuers(metadata)
    if len(found) != 1 or not found[0].certificates or found[0].redirect is None:
        return None
    return found[0]


def since(before: IdentitySource | None, metadata: str, now: datetime) -> datetime:
    """From when on people count who come from the provider of those metadata: also from before where they are newer ones of
    the same provider. Whom another one has sent in this very second is out."""
    if before is None:
        return now
    issuer, known = only_issuer(metadata), only_issuer(before.metadata)
    is_same = issuer is not None and known is not None and issuer.entity_id == known.entity_id
    return before.created if is_same else now + timedelta(seconds=1)


def leading_there(visit: Visit, center: IdentityCenter, source: IdentitySource, leads_to: str) -> str:
    """The address at the identity provider that a person signs in at, to be led on to that page here. Raises Refused.

    https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf, section 3.4
    """
    own, issuer = _own_endpoint(visit.realm, center), only_issuer(source.metadata)
    if issuer is None or issuer.redirect is None:
        raise Refused("The identity provider's metadata do not tell where people sign in.")
    request = (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
        f'xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{new_uuid()}" Version="2.0" '
        f'IssueInstant="{iso(visit.now)}" Destination={quoteattr(issuer.redirect)} '
        f"AssertionConsumerServiceURL={quoteattr(own)} "
        'ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">'
        f"<Issuer>{own}</Issuer></samlp:AuthnRequest>"
    )
    deflated = zlib.compress(request.encode(), wbits=-15)
    query = {"SAMLRequest": base64.b64encode(deflated).decode(), "RelayState": leads_to}
    return f"{issuer.redirect}{'&' if '?' in issuer.redirect else '?'}{urlencode(query)}"


def own_metadata(realm: Realm, center: IdentityCenter) -> str:
    """What the identity provider has to know of the portal. Raises Refused."""
    own = quoteattr(_own_endpoint(realm, center))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" '
        f"entityID={own}>"
        '<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true">'
        "<NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>"
        f'<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location={own} index="0"/>'
        "</SPSSODescriptor></EntityDescriptor>\n"
    )


async def vouched(visit: Visit, center: IdentityCenter, records: Records, response: str) -> tuple[Person, str]:
    """For whom a response vouches, and the id of the only session that it makes. Raises Refused."""
    source = source_of(records)
    if source is None:
        raise Refused("People of this portal sign in with their password.")
    known = _Source(center.id, source.metadata, endpoints=(_own_endpoint(visit.realm, center),))
    try:
        told = await read_apart(response[:_LONGEST], known, visit.now)
    except AwsError as refused:
        raise Refused(refused.message) from None
    user: StoreUser | None = records.store_users.named(told.subject)
    person = Person(center.account_id, "" if user is None else user.id, "", int(visit.now.timestamp()))
    if user is None or present(records, person) is None:
        raise Refused(_UNKNOWN)
    if not told.id:
        raise Refused("The response has no id.")
    return person, hashlib.sha256(f"{told.issuer} {told.id}".encode()).hexdigest()[:32]
