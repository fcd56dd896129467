"""Every vector of the published Signature Version 4 suite."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from iamd.caller import sigv4
from iamd.caller.canonical import canonical_request
from iamd.wire.errors import SignatureDoesNotMatch
from iamd.wire.http import HttpRequest
from tests.caller.peer import KEY_ID, NOW, SECRET, check

VECTORS = Path(__file__).with_name("vectors")
NAMES = sorted(path.name for path in VECTORS.iterdir() if path.is_dir())


def text(name: str, kind: str) -> str:
    return (VECTORS / name / f"{name}.{kind}").read_text(encoding="utf-8")


def request(name: str) -> HttpRequest:
    head, _, body = text(name, "req").partition("\n\n")
    line, *lines = head.rstrip("\n").split("\n")
    method, _, rest = line.partition(" ")
    path, _, query = rest.removesuffix(" HTTP/1.1").partition("?")
    headers: list[tuple[bytes, bytes]] = []
    for header in lines:
        key, _, value = header.partition(":")
        headers.append(
            (headers[-1][0], header.encode()) if header[0] == " " else (key.lower().encode(), value.encode())
        )
    headers.append((b"authorization", text(name, "authz").encode()))
    return HttpRequest(method, path.encode(), query.encode(), headers, body.encode())


@pytest.mark.parametrize("name", NAMES)
def test_the_canonical_request_is_the_published_one(name: str) -> None:
    signed = request(name)
    signature = sigv4.read(signed)
    assert signature is not None
    canonical = canonical_request(
        signed, signature.service, signature.signed_headers, hashlib.sha256(signed.body).hexdigest()
    )
    assert canonical.decode() == text(name, "creq")
    assert hashlib.sha256(canonical).hexdigest() == text(name, "sts").splitlines()[-1]


@pytest.mark.parametrize("name", NAMES)
def test_the_published_signature_holds_for_its_secret_alone(name: str) -> None:
    signed = request(name)
    signature = check(signed)
    assert (signature.access_key_id, signature.timestamp) == (KEY_ID, NOW)
    assert (signature.date, signature.region, signature.service) == ("20150830", "us-east-1", "service")
    with pytest.raises(SignatureDoesNotMatch):
        check(signed, secret=SECRET.swapcase())


def test_get_vanilla_has_the_signature_that_aws_published() -> None:
    signature = check(request("get-vanilla"))
    assert signature.signature == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
