"""Reading certificates, chains and keys."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.services.iam.certificates import (
    MAX_CHAIN,
    belongs,
    broken_link,
    in_force,
    parse,
    parse_chain,
    parse_private_key,
)
from tests.services.iam.pki import DAY, Issued, ec_key, issue, private_pem, rsa_key

NOW = datetime.now(UTC)


def broken(leaf: Issued, *chain: Issued) -> int | None:
    return broken_link(leaf.certificate, [link.certificate for link in chain], NOW)


@pytest.fixture(scope="module")
def root() -> Issued:
    return issue("root", ca=True)


@pytest.fixture(scope="module")
def intermediate(root: Issued) -> Issued:
    return issue("intermediate", root, ca=True, path_length=0)


@pytest.fixture(scope="module")
def leaf(intermediate: Issued) -> Issued:
    return issue("leaf", intermediate)


class TestChain:
    """Indexes are those that live AWS told, or that Java's path validation, which it uses, defines."""

    def test_it_leads_down_to_the_certificate(self, leaf: Issued, intermediate: Issued, root: Issued) -> None:
        assert broken(leaf, intermediate) is None
        assert broken(leaf, intermediate, root) is None
        assert broken(leaf, intermediate, root, root) is None  # seen: a repeated root is accepted
        assert broken(root, root) is None

    def test_the_last_one_must_be_named_as_the_issuer(self, leaf: Issued, intermediate: Issued, root: Issued) -> None:
        assert broken(leaf, root) == -1
        assert broken(leaf, issue("other", ca=True)) == -1
        assert broken(leaf, root, intermediate) == -1

    def test_the_leaf_is_no_part_of_it(self, leaf: Issued, intermediate: Issued, root: Issued) -> None:
        assert broken(leaf, leaf, intermediate, root) == 1

    def test_a_name_is_not_enough(self, leaf: Issued, root: Issued) -> None:
        assert broken(leaf, issue("intermediate", issue("root", ca=True), ca=True), root) == 1
        assert broken(leaf, issue("intermediate", root, ca=True)) == 0

    def test_only_authorities_issue(self, root: Issued) -> None:
        no_authority = issue("intermediate", root)
        assert broken(issue("leaf", no_authority), no_authority, root) == 1

    def test_the_number_of_authorities_below_one_is_limited(self, intermediate: Issued, root: Issued) -> None:
        second = issue("second", intermediate, ca=True)
        assert broken(issue("leaf", second), second, intermediate, root) == 1
        assert broken(second, intermediate, root) is None

    def test_every_link_is_in_force(self, root: Issued) -> None:
        expired = issue("intermediate", root, ca=True, start=-2 * DAY, end=-DAY)
        assert broken(issue("leaf", expired), expired, root) == 1


INTACT = issue("intact", ca=True)


@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
@pytest.mark.filterwarnings("ignore")  # cryptography warns of odd serial numbers
def test_damage_is_told_at_once_or_never(changes: list[tuple[int, int]]) -> None:
    """A certificate that was read can be used, whatever is in it."""
    der = bytearray(INTACT.certificate.public_bytes(Encoding.DER))
    for place, octet in changes:
        der[place % len(der)] = octet
    text = f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(bytes(der)).decode()}-----END CERTIFICATE-----\n"
    try:
        certificate = parse(text)
    except ValueError:
        return
    in_force(certificate, NOW)
    belongs(INTACT.key, certificate)
    broken_link(certificate, [INTACT.certificate], NOW)
    broken_link(INTACT.certificate, [certificate, INTACT.certificate], NOW)


class TestPem:
    def test_one_certificate_stands_alone(self, leaf: Issued, root: Issued) -> None:
        assert parse(f"\n{leaf.pem}\n\n") == leaf.certificate
        for text in ("", leaf.pem + root.pem, f"Subject: leaf\n{leaf.pem}", leaf.key_pem, leaf.pem[:-9], leaf.pem[28:]):
            with pytest.raises(ValueError, match=r".*"):
                parse(text)

    def test_a_damaged_certificate_is_none(self, leaf: Issued) -> None:
        lines = leaf.pem.splitlines()
        for text in ("\n".join([*lines[:2], *lines[3:]]), leaf.pem.replace("MII", "NII", 1), leaf.pem.replace("=", "")):
            if text != leaf.pem:
                with pytest.raises(ValueError, match=r".*"):
                    parse(text)

    def test_a_chain_has_a_certificate_or_more(self, leaf: Issued, root: Issued) -> None:
        assert parse_chain(root.pem) == [root.certificate]
        assert parse_chain(leaf.pem + root.pem) == [leaf.certificate, root.certificate]
        for text in ("", "bad chain", f"root:\n{root.pem}", root.pem * (MAX_CHAIN + 1)):
            with pytest.raises(ValueError, match=r".*"):
                parse_chain(text)
        assert len(parse_chain(root.pem * MAX_CHAIN)) == MAX_CHAIN

    def test_it_is_in_force_from_its_first_second_to_its_last(self, leaf: Issued) -> None:
        certificate = leaf.certificate
        first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        second = timedelta(seconds=1)
        assert in_force(certificate, first)
        assert in_force(certificate, last)
        assert not in_force(certificate, first - second)
        assert not in_force(certificate, last + second)


def rsa_pem(public: rsa.RSAPublicNumbers, numbers: dict[str, int]) -> str:
    """An RSA private key in the traditional format (RFC 8017, A.1.2), whatever its numbers."""

    def tagged(tag: int, content: bytes) -> bytes:
        size = len(content)
        octets = (size.bit_length() + 7) // 8
        length = bytes([size]) if size < 128 else bytes([0x80 + octets]) + size.to_bytes(octets, "big")
        return bytes([tag]) + length + content

    def integer(number: int) -> bytes:
        return tagged(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))

    body = tagged(0x30, b"".join(map(integer, (0, public.n, public.e, *numbers.values()))))
    return f"-----BEGIN RSA PRIVATE KEY-----\n{base64.encodebytes(body).decode()}-----END RSA PRIVATE KEY-----\n"


class TestPrivateKey:
    @pytest.mark.parametrize("key", [rsa_key(1024), rsa_key(2048), ec_key(), ec.generate_private_key(ec.SECP521R1())])
    def test_rsa_and_elliptic_curve_keys_are_read(self, key: Any) -> None:
        read = parse_private_key(f"\n{private_pem(key)}\n")
        assert read.private_numbers() == key.private_numbers()
        mine, other = issue("mine", key=key), issue("other")
        assert belongs(read, mine.certificate)
        assert not belongs(read, other.certificate)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "bad key",
            issue("a").pem,
            private_pem(ec_key(), b"password"),
            private_pem(ed25519.Ed25519PrivateKey.generate()),
            private_pem(ec_key())[:-40],
        ],
        ids=["nothing", "text", "certificate", "encrypted", "Ed25519", "cut off"],
    )
    def test_others_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".*"):
            parse_private_key(text)

    @pytest.mark.parametrize("wrong", ["d", "dmp1", "dmq1", "iqmp", "p", "q"])
    def test_the_numbers_of_an_rsa_key_must_fit_together(self, wrong: str) -> None:
        right = rsa_key(1024).private_numbers()
        numbers = {name: getattr(right, name) for name in ("d", "p", "q", "dmp1", "dmq1", "iqmp")}
        parse_private_key(rsa_pem(right.public_numbers, numbers))
        numbers[wrong] += 2
        with pytest.raises(ValueError, match=r".*"):
            parse_private_key(rsa_pem(right.public_numbers, numbers))
