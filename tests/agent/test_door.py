"""Who is let in: direct requests of this machine, with a token, and not too many."""

from __future__ import annotations

import pytest

from iamd.agent.config import ConfigError, read
from iamd.agent.limits import MAX_CLIENTS, Limiter
from iamd.agent.metadata_tokens import MetadataTokens
from tests.agent.support import ROLE, Agent

TTL = {"x_aws_ec2_metadata_token_ttl_seconds": "60"}


@pytest.fixture
def agent() -> Agent:
    return Agent(instance={"role": ROLE})


@pytest.mark.parametrize("header", ["x_forwarded_for", "x_forwarded_host", "forwarded", "via"])
def test_forwarded_requests_are_refused(agent, header):
    assert agent.ask("/latest/api/token", "PUT", **TTL, **{header: "10.0.0.1"}).status == 403
    assert agent.ask("/latest/meta-data/", x_aws_ec2_metadata_token=agent.token(), **{header: "x"}).status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4501", "127.0.0.1.evil.example", "", "[::1", "a:b:c"])
def test_a_name_that_leads_here_is_refused(agent, host):
    assert agent.ask("/latest/api/token", "PUT", **TTL, host=host).status == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:80", "169.254.169.254", "[fd00:ec2::254]", "[::1]:4501", "localhost"]
)
def test_addresses_are_let_in(agent, host):
    assert agent.ask("/latest/api/token", "PUT", **TTL, host=host).status == 200


@pytest.mark.parametrize("seconds", ["", "0", "21601", "-1", "1.5", "٣", "x", "1" * 5000])
def test_a_token_lives_six_hours_at_most(agent, seconds):
    ttl = seconds.encode().decode("latin-1")
    assert agent.ask("/latest/api/token", "PUT", x_aws_ec2_metadata_token_ttl_seconds=ttl).status == 400
    assert agent.ask("/latest/api/token", "PUT").status == 400


def test_the_answer_tells_how_long_the_token_lives(agent):
    answer = agent.ask("/latest/api/token", "PUT", x_aws_ec2_metadata_token_ttl_seconds="21600")
    assert (b"x-aws-ec2-metadata-token-ttl-seconds", b"21600") in answer.headers
    assert agent.ask("/latest/api/token").status == 405


def test_nothing_is_told_without_a_token(agent):
    other = Agent(instance={"role": ROLE}).token()
    assert agent.ask("/latest/meta-data/instance-id").status == 401
    for wrong in ("", "x", other, agent.token()[:-4] + "AAA=", agent.token() + "A", "é" * 100):
        assert agent.ask("/latest/meta-data/instance-id", x_aws_ec2_metadata_token=wrong).status == 401
    assert agent.ask("/latest/meta-data/instance-id", x_aws_ec2_metadata_token=agent.token()).status == 200
    assert agent.ask("/latest/meta-data/instance-id", "POST", x_aws_ec2_metadata_token=agent.token()).status == 405


def test_a_token_expires():
    now = [1_000.0]
    tokens = MetadataTokens(clock=lambda: now[0])
    token = tokens.issue(60)
    now[0] += 59
    assert tokens.accepts(token)
    now[0] += 1
    assert not tokens.accepts(token)


def test_the_first_version_is_there_only_when_asked_for():
    agent = Agent(instance={"role": ROLE, "v1": True})
    assert agent.ask("/latest/meta-data/instance-id").status == 200
    assert agent.ask("/latest/meta-data/instance-id", x_aws_ec2_metadata_token="x").status == 401


def test_one_client_cannot_ask_without_end():
    agent = Agent(instance={"role": ROLE}, rate=5)
    assert [agent.ask("/x").status for _ in range(12)].count(429) >= 1
    assert agent.ask("/x", client="127.0.0.2").status == 401


def test_the_limiter_refills_and_forgets():
    now = [0.0]
    limiter = Limiter(2, clock=lambda: now[0])
    assert [limiter.admits("a") for _ in range(5)] == [True] * 4 + [False]
    now[0] = 0.5
    assert [limiter.admits("a") for _ in range(2)] == [True, False]
    for number in range(2 * MAX_CLIENTS):
        limiter.admits(str(number))
    assert len(limiter._buckets) == MAX_CLIENTS


@pytest.mark.parametrize("address", ["0.0.0.0:80", "10.0.0.1:80", "[::]:80", "[2001:db8::1]:80", "192.168.1.1:80"])
def test_an_address_that_others_reach_takes_a_flag(address):
    with pytest.raises(ConfigError, match="other machines"):
        read({"instance": {"role": ROLE}, "listen": [address]})
    assert read({"instance": {"role": ROLE}, "listen": [address], "allow_any_address": True})


@pytest.mark.parametrize(
    "address", ["127.0.0.1:0", "169.254.169.254:80", "169.254.170.2:80", "[fd00:ec2::254]:80", "[::1]:1"]
)
def test_local_addresses_are_taken(address):
    assert read({"instance": {"role": ROLE}, "listen": [address]})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "nothing to serve"),
        ({"instance": {}}, "either `role` or `profile`"),
        ({"instance": {"role": "web"}}, r"\$.instance.role"),
        ({"instance": {"role": ROLE, "rol": ROLE}}, "unknown field `rol`"),
        ({"instance": {"role": ROLE}, "listen": ["localhost:80"]}, "no address"),
        ({"instance": {"role": ROLE}, "listen": ["127.0.0.1:99999"]}, "no address"),
        ({"instance": {"role": ROLE}, "duration": 60}, r"\$.duration"),
        ({"instance": {"role": ROLE, "key_file": "x"}}, "go together"),
        ({"tasks": [{"id": "short", "role": ROLE}]}, "can be guessed"),
        ({"tasks": [{"id": "a", "role": ROLE, "token_file": "f"}] * 2}, "same id"),
    ],
)
def test_what_is_wrong_refuses_to_start(values, words):
    with pytest.raises(ConfigError, match=words):
        read(values)
