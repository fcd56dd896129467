"""SSH public keys, through the public door."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.pki import ec_key, issue, private_pem, public_pem, rsa_key, ssh
from tests.services.iam.support import denied, let, refused

# Made with ssh-keygen, which told this fingerprint, too.
SSH = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC1bu39gCwe/szU6e0saWPaheqan9jWAVhagARkjJQQAt7dUxvKQkUbJGOzU42n0S+4BIQe"
    "/BhPzWquCCXMDNsCNkoSGdRukuZ1l934SS/lx9C0b5quMhrv/eJ2khQUG4fqNiZS1x4DMH2hR2EQ7C4KlMkCX3gTKIjay+s6+wgG"
    "atGZEo6Yq2kGJmq9HBHp5ncU5jCWNk0XWNBKF39hx4c/vOVLpdly68ul5ylaWRHpnQy1lmhCrknYUTPHTykuyJ1EpyXmDnzHzECe"
    "9yb+Ke+Lhxjr7TJd13U3NsuZv+9Dmz54DKOZWip2sf+MCLlFEEsZ7N2y2oNdgA8KmkorY2ev"
)
PEM = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtW7t/YAsHv7M1OntLGlj
2oXqmp/Y1gFYWoAEZIyUEALe3VMbykJFGyRjs1ONp9EvuASEHvwYT81qrgglzAzb
AjZKEhnUbpLmdZfd+Ekv5cfQtG+arjIa7/3idpIUFBuH6jYmUtceAzB9oUdhEOwu
CpTJAl94EyiI2svrOvsIBmrRmRKOmKtpBiZqvRwR6eZ3FOYwljZNF1jQShd/YceH
P7zlS6XZcuvLpecpWlkR6Z0MtZZoQq5J2FEzx08pLsidRKcl5g58x8xAnvcm/inv
i4cY6+0yXdd1NzbLmb/vQ5s+eAyjmVoqdrH/jAi5RRBLGezdstqDXYAPCppKK2Nn
rwIDAQAB
-----END PUBLIC KEY-----
"""
FINGERPRINT = "2c:de:0f:37:d0:6f:77:a7:eb:8a:8c:30:d1:a9:05:38"

UNRECOGNIZED = ("UnrecognizedPublicKeyEncoding", "Invalid public key uploaded.")
INVALID = ("InvalidPublicKey", "Invalid body for public key")


@pytest.fixture
def bob(iam: Any) -> Any:
    iam.create_user(UserName="Bob")
    return lambda body: iam.upload_ssh_public_key(UserName="Bob", SSHPublicKeyBody=body)["SSHPublicKey"]


def test_an_uploaded_key_is_told_as_it_was_sent(iam: Any, bob: Any) -> None:
    key = bob(f"{SSH} bob@example.com")
    assert set(key) == {"UserName", "SSHPublicKeyId", "Fingerprint", "SSHPublicKeyBody", "Status", "UploadDate"}
    assert key["SSHPublicKeyId"].startswith("APKA")
    assert len(key["SSHPublicKeyId"]) == 20
    assert key["Fingerprint"] == FINGERPRINT
    assert key["SSHPublicKeyBody"] == f"{SSH} bob@example.com"
    assert (key["UserName"], key["Status"]) == ("Bob", "Active")
    assert iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"] == [
        {name: key[name] for name in ("UserName", "SSHPublicKeyId", "Status", "UploadDate")}
    ]


@pytest.mark.parametrize("uploaded", [f"{SSH} a comment of bob's\n", PEM])
def test_a_key_is_shown_in_either_encoding(iam: Any, bob: Any, uploaded: str) -> None:
    key = bob(uploaded)
    for encoding, body in (("SSH", SSH), ("PEM", PEM)):
        shown = iam.get_ssh_public_key(UserName="bob", SSHPublicKeyId=key["SSHPublicKeyId"], Encoding=encoding)
        assert shown["SSHPublicKey"] == {**key, "SSHPublicKeyBody": body}


def test_no_other_encoding_is_known(iam: Any, bob: Any) -> None:
    key_id = bob(SSH)["SSHPublicKeyId"]
    code, message = refused(iam.get_ssh_public_key, UserName="bob", SSHPublicKeyId=key_id, Encoding="ssh")
    assert code == "ValidationError"
    assert message.endswith(
        "Value at 'encoding' failed to satisfy constraint: Member must satisfy enum value set: [SSH, PEM]"
    )


BAD = {
    "text": ("not a key", UNRECOGNIZED),
    "elliptic curve, as OpenSSH writes it": (ssh(ec_key()), UNRECOGNIZED),
    "certificate": (issue("bob").pem, UNRECOGNIZED),
    "private key": (private_pem(ec_key()), UNRECOGNIZED),
    "1,024 bits": (ssh(rsa_key(1024)), INVALID),
    "1,024 bits, PEM": (public_pem(rsa_key(1024)), INVALID),
    "elliptic curve, PEM": (public_pem(ec_key()), INVALID),
    "no base64": ("ssh-rsa not-base64!", INVALID),
    "cut off": (SSH[:-8], INVALID),
    "damaged": (PEM.replace("MIIB", "MIIC", 1), INVALID),
}


@pytest.mark.parametrize(("body", "refusal"), BAD.values(), ids=BAD)
def test_what_is_no_rsa_key_of_2048_bits_is_refused(iam: Any, bob: Any, body: str, refusal: tuple[str, str]) -> None:
    assert refused(bob, body=body) == refusal
    assert iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"] == []


def test_a_user_has_a_key_once_in_whatever_encoding(iam: Any, bob: Any) -> None:
    bob(SSH)
    duplicate = ("DuplicateSSHPublicKey", "Duplicate SSH public key uploaded.")
    for body in (SSH, f"{SSH} other comment", PEM):
        assert refused(bob, body=body) == duplicate
    iam.create_user(UserName="eve")
    iam.upload_ssh_public_key(UserName="eve", SSHPublicKeyBody=SSH)


def test_a_user_has_at_most_five_keys_which_are_listed_in_pages(iam: Any, bob: Any) -> None:
    ids = {bob(ssh(rsa_key(2048, str(number))))["SSHPublicKeyId"] for number in range(5)}
    assert refused(bob, body=SSH) == ("LimitExceeded", "Cannot exceed quota for PublicKeysPerUser: 5")
    pages = list(iam.get_paginator("list_ssh_public_keys").paginate(UserName="bob", PaginationConfig={"PageSize": 2}))
    assert [len(page["SSHPublicKeys"]) for page in pages] == [2, 2, 1]
    assert {key["SSHPublicKeyId"] for page in pages for key in page["SSHPublicKeys"]} == ids


def test_a_key_is_deactivated_and_activated(iam: Any, bob: Any) -> None:
    key = {"UserName": "bob", "SSHPublicKeyId": bob(SSH)["SSHPublicKeyId"]}
    for status in ("Inactive", "Active"):
        iam.update_ssh_public_key(**key, Status=status)
        assert iam.get_ssh_public_key(**key, Encoding="SSH")["SSHPublicKey"]["Status"] == status
    assert refused(iam.update_ssh_public_key, **key, Status="Expired") == (
        "InvalidInput",
        "Operation does not support status Expired",
    )


def test_a_key_is_found_only_with_its_own_user(iam: Any, bob: Any) -> None:
    key_id = bob(SSH)["SSHPublicKeyId"]
    iam.create_user(UserName="eve")
    for user, asked in (("eve", key_id), ("bob", "APKA" + "A" * 16)):
        key = {"UserName": user, "SSHPublicKeyId": asked}
        unknown = ("NoSuchEntity", f"User has no Public Key with id {asked}.")
        assert refused(iam.get_ssh_public_key, **key, Encoding="SSH") == unknown
        assert refused(iam.update_ssh_public_key, **key, Status="Inactive") == unknown
        assert refused(iam.delete_ssh_public_key, **key) == unknown
    told = ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert refused(iam.upload_ssh_public_key, UserName="nobody", SSHPublicKeyBody="no key") == told
    assert refused(iam.list_ssh_public_keys, UserName="nobody") == told


def test_a_user_with_keys_is_not_deleted(iam: Any, bob: Any) -> None:
    key = {"UserName": "bob", "SSHPublicKeyId": bob(SSH)["SSHPublicKeyId"]}
    assert refused(iam.delete_user, UserName="bob") == (
        "DeleteConflict",
        "Cannot delete entity, must remove referenced objects first.",
    )
    iam.update_user(UserName="bob", NewUserName="robert")
    assert refused(iam.delete_ssh_public_key, **key)[0] == "NoSuchEntity"
    iam.delete_ssh_public_key(**{**key, "UserName": "robert"})
    iam.delete_user(UserName="robert")


def test_keys_are_decided_on_as_their_user(iam: Any, bob: Any, server: Live) -> None:
    key_id = bob(SSH)["SSHPublicKeyId"]
    iam.create_user(UserName="eve")
    eve = server.client("iam", iam.create_access_key(UserName="eve")["AccessKey"])
    arn = f"arn:aws:iam::{ACCOUNT}:user/eve"
    assert refused(eve.list_ssh_public_keys) == denied(arn, "ListSSHPublicKeys", "user eve")
    assert refused(eve.upload_ssh_public_key, UserName="bob", SSHPublicKeyBody="x") == denied(
        arn, "UploadSSHPublicKey", "user bob"
    )
    let(iam, "eve", statement("iam:*SSHPublicKey*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))
    own = eve.upload_ssh_public_key(UserName="eve", SSHPublicKeyBody=SSH)["SSHPublicKey"]["SSHPublicKeyId"]
    assert [key["SSHPublicKeyId"] for key in eve.list_ssh_public_keys()["SSHPublicKeys"]] == [own]
    assert refused(eve.delete_ssh_public_key, UserName="bob", SSHPublicKeyId=key_id)[0] == "AccessDenied"


def test_the_root_user_must_name_a_user(iam: Any) -> None:
    assert refused(iam.list_ssh_public_keys) == (
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )
