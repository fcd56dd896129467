"""Requests to identity providers: where they may go, and whose certificates are trusted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.caller.outgoing import Outgoing, Unreachable, Untrusted
from tests.issuer import DISCOVERY, Issuer, issuer, thumbprint
from tests.services.iam.pki import DAY, Issued, issue

LOOPBACK = ("127.0.0.0/8", "::1/128")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1", "fd00:ec2::254"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not Outgoing().allows(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1111"])
def test_public_addresses(address: str) -> None:
    assert Outgoing().allows(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_a_listed_network_is_allowed_however_it_is_written(address: Any) -> None:
    listed = Outgoing(["10.0.0.0/8"])
    assert listed.allows(str(address)) == listed.allows(f"::ffff:{address}")
    assert listed.allows("10.1.2.3")
    assert not listed.allows("127.0.0.1")


def get(outgoing: Outgoing, url: str, *thumbprints: str) -> bytes:
    return asyncio.run(outgoing.get(url, thumbprints))[0]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "it has no https URL"),
        ("https:///x", "it has no https URL"),
        ("https://me@example.com/", "it has no https URL"),
        ("https://example.com:x/", "it has no valid URL"),
        ("https://example.com/é", "it has no valid URL"),
        ("https://name.invalid/", "its name does not resolve"),
        ("https://localhost/", "its address is not public, and the setting issuer_networks does not include it"),
        ("https://127.1/", "its address is not public, and the setting issuer_networks does not include it"),
        ("https://[::1]/", "its address is not public, and the setting issuer_networks does not include it"),
    ],
)
def test_where_nothing_is_asked(url: str, why: str) -> None:
    with pytest.raises(Unreachable, match=why):
        get(Outgoing(), url)


def test_nobody_there(tmp_path: Path) -> None:
    with issuer(tmp_path, issue("localhost", hosts=("localhost",))) as gone:
        url = gone.url
    with pytest.raises(Unreachable, match="the connection failed"):
        get(Outgoing(LOOPBACK), url)


def test_one_that_does_not_answer(tmp_path: Path) -> None:
    own = issue("localhost", ca=True, hosts=("localhost",))
    with issuer(tmp_path, own) as running:
        running.slow.clear()
        with pytest.raises(Unreachable, match="it did not answer in time"):
            get(Outgoing(LOOPBACK, timeout=0.3), running.url, thumbprint(own))


def chain(hosts: tuple[str, ...] = ("localhost",), **leaf: Any) -> tuple[Issued, Issued, Issued]:
    """A server's certificate, the authority between, and the root."""
    root = issue("root", ca=True)
    between = issue("between", root, ca=True)
    return issue("leaf", between, hosts=hosts, **leaf), between, root


def asked(running: Issuer, *trusted: Issued) -> bool:
    """Whether it is asked, when those certificates' thumbprints are given."""
    try:
        return bool(get(Outgoing(LOOPBACK), running.url + DISCOVERY, *map(thumbprint, trusted)))
    except Untrusted:
        assert running.asked == []
        return False


def test_the_thumbprint_is_that_of_the_top_of_the_chain(tmp_path: Path) -> None:
    leaf, between, root = chain()
    with issuer(tmp_path, leaf, between) as running:
        assert asyncio.run(Outgoing(LOOPBACK).top_thumbprint(running.url)) == thumbprint(between)
        assert not asked(running)
        assert not asked(running, leaf, root)
        assert asked(running, root, between)


def test_a_thumbprint_excuses_neither_another_name_nor_a_wrong_chain(tmp_path: Path) -> None:
    leaf, between, _ = chain(hosts=("other.example",))
    with issuer(tmp_path, leaf, between) as running:
        assert not asked(running, between)
    leaf, between, _ = chain(end=-DAY / 2)
    with issuer(tmp_path, leaf, between) as running:
        assert not asked(running, between)
    leaf, _, _ = chain()
    _, stranger, _ = chain()
    with issuer(tmp_path, leaf, stranger) as running:
        assert not asked(running, stranger)
