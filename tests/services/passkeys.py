"""Security keys that are programs, and people who use them at a console without pages."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from iamd.app import Application
from iamd.audit.ids import new_uuid
from iamd.caller.passkeys import Site
from iamd.console.calls import Question
from iamd.server.clock import now
from iamd.services.catalogue import APIS
from iamd.services.registry import Operation
from iamd.services.signin import console_sessions, passkeys
from iamd.services.signin.passwords import Entered, NeedsPasskey, Visit, sign_in
from iamd.services.signin.people import Person
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest
from tests.live import ACCOUNT, Live
from tests.services.signin.browser import PASSWORD

SITE = Site("id.example", "https://id.example:8443")


@dataclass
class SoftKey:
    """A security key. Its `count` is what it says next; `origin` is where the browser believes to be."""

    origin: str = SITE.origin
    host: str = SITE.host
    count: int = 1
    id: bytes = field(default_factory=lambda: os.urandom(32))
    secret: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.create` gives for those options, as JSON."""
        public = AttestedCredentialData.create(
            bytes(16), self.id, ES256.from_cryptography_key(self.secret.public_key())
        )
        data = self._data(AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT, public)
        client = CollectedClientData.create("webauthn.create", options["challenge"], self.origin)
        attestation = AttestationObject.create("none", data, {})
        response = {"attestationObject": websafe_encode(attestation), "transports": ["usb", "something-new"]}
        return self._answer({**response, "clientDataJSON": websafe_encode(client)})

    def get(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.get` gives for those options, as JSON."""
        data = self._data(AuthenticatorData.FLAG.UP, b"")
        client = CollectedClientData.create("webauthn.get", options["challenge"], self.origin)
        signature = self.secret.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {"authenticatorData": websafe_encode(data), "signature": websafe_encode(signature)}
        return self._answer({**response, "clientDataJSON": websafe_encode(client)})

    def _data(self, flags: AuthenticatorData.FLAG, credential: bytes) -> AuthenticatorData:
        self.count += 1
        return AuthenticatorData.create(hashlib.sha256(self.host.encode()).digest(), flags, self.count, credential)

    def _answer(self, response: dict[str, Any]) -> str:
        name = websafe_encode(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


@dataclass
class AtConsole:
    """Somebody who can sign in: a user of that name, or the root user by its e-mail address."""

    server: Live
    name: str
    is_root: bool = False
    password: str = PASSWORD
    person: Person | None = None

    def visit(self) -> Visit:
        return Visit(self.server.realm, now(), new_uuid(), "203.0.113.9", "a browser", SITE.host)

    def sign_in(self, code: str = "") -> Person:
        """With the password; raises Refused."""
        entered = Entered("" if self.is_root else ACCOUNT, self.name, self.password, code, self.is_root)
        self.person = self.server.run(sign_in(self.visit(), entered))
        return self.person

    def asked(self) -> tuple[Person, passkeys.Offer]:
        """What comes after the password: who is asked, and for what."""
        try:
            self.sign_in()
        except NeedsPasskey as needed:
            return needed.person, self.server.run(passkeys.offer(self.visit(), needed.person, SITE))
        raise AssertionError("nobody asked for a passkey")

    def show(self, key: SoftKey, site: Site = SITE) -> Person:
        """Sign in with the password and that key; raises Refused."""
        person, offered = self.asked()
        return self.answer(person, offered, key.get(offered.options), site)

    def answer(self, person: Person, offered: passkeys.Offer, answer: str, site: Site = SITE) -> Person:
        self.person = self.server.run(passkeys.sign_in_with(self.visit(), person, site, offered.challenge, answer))
        return self.person

    def call(self, operation: Operation, **params: Any) -> Any:
        """The reply of an operation of the console, as the person who has signed in; raises AwsError."""
        return self.server.run(self._call(operation, params))

    async def _call(self, operation: Operation, params: dict[str, Any]) -> Any:
        visit, person = self.visit(), self.person
        assert person is not None
        session = await console_sessions.begin(visit, person)
        records = await visit.realm.store.load(person.account_id)
        caller = console_sessions.acting(visit.realm.sealer, session, records, visit.now)
        question = Question(caller, APIS["iam"], operation.name, lambda: (operation, params))
        request = HttpRequest("POST", b"/console/me/passkeys", b"", [], b"", visit.client_ip, secure=True)
        application: Any = Application.__new__(Application)
        application.realm = visit.realm
        outcome = await application.perform(request, question)
        if isinstance(outcome.error, AwsError):
            raise outcome.error
        return outcome.reply
