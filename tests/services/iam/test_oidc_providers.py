"""OpenID Connect providers through the public door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.issuer import issuer, own_certificate, thumbprint
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.refusals import assert_refused
from tests.services.iam.support import denied, refused

Users = Callable[..., Callable[[str], Any]]
PRINT = "ab" * 20
URL = "https://oidc.example.com/path"


def arn(issuer: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{issuer}"


ARN = arn("oidc.example.com/path")


@pytest.fixture
def provider(iam: Any) -> dict[str, str]:
    """A provider, as the parameter by which other operations name it."""
    made = iam.create_open_id_connect_provider(Url=URL, ClientIDList=["z", "a", "z"], ThumbprintList=[PRINT.upper()])
    return {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}


def shown(iam: Any, provider: dict[str, str]) -> dict[str, Any]:
    answer = iam.get_open_id_connect_provider(**provider)
    del answer["ResponseMetadata"]
    return dict(answer)


def test_what_is_created_is_shown(iam: Any) -> None:
    tags = [{"Key": "team", "Value": "a"}, {"Key": "Team", "Value": "b"}]
    made = iam.create_open_id_connect_provider(
        Url=URL, ClientIDList=["z", "a", "z"], ThumbprintList=[PRINT.upper(), PRINT], Tags=tags
    )
    assert made["OpenIDConnectProviderArn"] == ARN
    assert made["Tags"] == tags
    found = shown(iam, {"OpenIDConnectProviderArn": ARN})
    created = found.pop("CreateDate")
    assert created.tzinfo is not None
    assert found == {
        "Url": "oidc.example.com/path",
        "ClientIDList": ["z", "a"],
        "ThumbprintList": [PRINT, PRINT],
        "Tags": [{"Key": "Team", "Value": "b"}, {"Key": "team", "Value": "a"}],
    }


def test_a_provider_needs_no_more_than_a_url(iam: Any) -> None:
    made = iam.create_open_id_connect_provider(Url="https://oidc.example.com")
    assert set(made) == {"OpenIDConnectProviderArn", "ResponseMetadata"}
    found = shown(iam, {"OpenIDConnectProviderArn": arn("oidc.example.com")})
    assert (found["ClientIDList"], found["ThumbprintList"], found["Tags"]) == ([], [], [])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://oidc.example.com:443", "oidc.example.com"),
        ("https://oidc.example.com:8443/a", "oidc.example.com:8443/a"),
        ("https://OIDC.Example.com/MixedCase", "OIDC.Example.com/MixedCase"),
        ("https://oidc.example.com/path/", "oidc.example.com/path/"),
        ("https://localhost:9999", "localhost:9999"),
    ],
)
def test_the_issuer_is_the_url_to_the_letter(iam: Any, provider: dict[str, str], url: str, expected: str) -> None:
    assert iam.create_open_id_connect_provider(Url=url)["OpenIDConnectProviderArn"] == arn(expected)
    assert shown(iam, {"OpenIDConnectProviderArn": arn(expected)})["Url"] == expected


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("oidc.example.com", "ValidationError", "Invalid Open ID Connect Provider URL"),
        ("https:///path", "ValidationError", "Invalid Open ID Connect Provider URL"),
        ("https://[::1", "ValidationError", "Invalid Open ID Connect Provider URL"),
        ("https://oidc.example.com:port", "ValidationError", "Invalid Open ID Connect Provider URL"),
        (
            "http://oidc.example.com",
            "InvalidInput",
            "Invalid Open ID Connect Provider URL. The URL must begin with https://.",
        ),
        ("https://oidc.example.com/?q=value", "InvalidInput", "Unknown"),
        ("https://oidc.example.com/?", "InvalidInput", "Unknown"),
        ("https://oidc.example.com/#fragment", "InvalidInput", "Unknown"),
        ("https://user:secret@oidc.example.com/", "InvalidInput", "Unknown"),
        ("https://@oidc.example.com/", "InvalidInput", "Unknown"),
        ("https://oidc.example.com/a b", "InvalidInput", "Unknown"),
        ("https://öidc.example.com/", "InvalidInput", "Unknown"),
    ],
)
def test_what_is_no_issuers_url(iam: Any, url: str, code: str, message: str) -> None:
    assert_refused(iam.create_open_id_connect_provider, code, message, Url=url)
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_one_provider_an_issuer(iam: Any, provider: dict[str, str]) -> None:
    message = f"Provider with url {URL} already exists."
    assert_refused(iam.create_open_id_connect_provider, "EntityAlreadyExists", message, Url=URL)


def test_thumbprints(iam: Any, provider: dict[str, str]) -> None:
    update = iam.update_open_id_connect_provider_thumbprint
    update(ThumbprintList=["G" * 40] * 5, **provider)  # five, and hexadecimal or not
    assert shown(iam, provider)["ThumbprintList"] == ["g" * 40] * 5
    message = "Thumbprint list must contain fewer than 5 entries."
    assert_refused(update, "InvalidInput", message, ThumbprintList=[PRINT] * 6, **provider)
    six = {"Url": "https://six.example.com", "ThumbprintList": [PRINT] * 6}
    assert_refused(iam.create_open_id_connect_provider, "InvalidInput", message, **six)
    message = "Thumbprint list must contain at least one entry."
    assert_refused(update, "InvalidInput", message, ThumbprintList=[], **provider)
    assert shown(iam, provider)["ThumbprintList"] == ["g" * 40] * 5


def test_client_ids_are_added_and_removed_at_any_time(iam: Any, provider: dict[str, str]) -> None:
    add, remove = (
        iam.add_client_id_to_open_id_connect_provider,
        iam.remove_client_id_from_open_id_connect_provider,
    )
    for client_id in ("a", "b", "b"):
        add(ClientID=client_id, **provider)
    assert shown(iam, provider)["ClientIDList"] == ["z", "a", "b"]
    for client_id in ("z", "z", "unknown"):
        remove(ClientID=client_id, **provider)
    assert shown(iam, provider)["ClientIDList"] == ["a", "b"]


def test_a_hundred_client_ids(iam: Any) -> None:
    message = "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
    ids = [f"id{number}" for number in range(100)]
    create = iam.create_open_id_connect_provider
    assert_refused(create, "LimitExceeded", message, Url=URL, ClientIDList=[*ids, "more"])
    full = {"OpenIDConnectProviderArn": create(Url=URL, ClientIDList=ids)["OpenIDConnectProviderArn"]}
    add = iam.add_client_id_to_open_id_connect_provider
    add(ClientID="id7", **full)
    assert_refused(add, "LimitExceeded", message, ClientID="more", **full)


def test_a_hundred_providers(iam: Any) -> None:
    for number in range(100):
        iam.create_open_id_connect_provider(Url=f"https://example.com/{number:03}")
    message = "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100"
    assert_refused(iam.create_open_id_connect_provider, "LimitExceeded", message, Url=URL)
    listed = [each["Arn"] for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    assert listed == [arn(f"example.com/{number:03}") for number in range(100)]
    assert iam.get_account_summary()["SummaryMap"]["Providers"] == 100


def test_deleting(iam: Any, provider: dict[str, str]) -> None:
    iam.delete_open_id_connect_provider(**provider)
    message = f"OpenId connect Provider {ARN} cannot be found."
    assert_refused(iam.delete_open_id_connect_provider, "NoSuchEntity", message, **provider)
    message = f"OpenIDConnect Provider not found for arn {ARN}"
    for operation, more in (
        (iam.get_open_id_connect_provider, {}),
        (iam.add_client_id_to_open_id_connect_provider, {"ClientID": "a"}),
        (iam.remove_client_id_from_open_id_connect_provider, {"ClientID": "a"}),
        (iam.update_open_id_connect_provider_thumbprint, {"ThumbprintList": [PRINT]}),
        (iam.tag_open_id_connect_provider, {"Tags": [{"Key": "a", "Value": ""}]}),
        (iam.untag_open_id_connect_provider, {"TagKeys": ["a"]}),
        (iam.list_open_id_connect_provider_tags, {}),
    ):
        assert_refused(operation, "NoSuchEntity", message, **provider, **more)
    iam.create_open_id_connect_provider(Url=URL)


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("oidc-provider/oidc.example.com", "ValidationError", "Invalid ARN:  Could not be parsed!"),
        (ARN.replace("aws", "aws-cn"), "ValidationError", "Invalid ARN partition"),
        *((odd, "InvalidInput", f"ARN {odd} is not valid.") for odd in (f"arn:aws:iam::{ACCOUNT}:user/a", arn(""))),
    ],
)
def test_what_is_no_providers_arn(iam: Any, name: str, code: str, message: str) -> None:
    assert_refused(iam.get_open_id_connect_provider, code, message, OpenIDConnectProviderArn=name)


def test_tags(iam: Any, provider: dict[str, str]) -> None:
    tag, untag = iam.tag_open_id_connect_provider, iam.untag_open_id_connect_provider
    tag(Tags=[{"Key": "team", "Value": "a"}, {"Key": "Team", "Value": "b"}], **provider)
    tag(Tags=[{"Key": "team", "Value": ""}], **provider)
    first = iam.list_open_id_connect_provider_tags(MaxItems=1, **provider)
    assert (first["Tags"], first["IsTruncated"]) == ([{"Key": "Team", "Value": "b"}], True)
    rest = iam.list_open_id_connect_provider_tags(Marker=first["Marker"], **provider)
    assert (rest["Tags"], rest["IsTruncated"]) == ([{"Key": "team", "Value": ""}], False)
    untag(TagKeys=["Team", "unknown"], **provider)
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == [{"Key": "team", "Value": ""}]
    message = "The provided tag map must not be null/empty."
    assert_refused(tag, "InvalidInput", message, Tags=[], **provider)
    message = "The provided tag keys must not be null/empty."
    assert_refused(untag, "InvalidInput", message, TagKeys=[], **provider)
    message = "Tag keys beginning with aws: are reserved for system use."
    assert_refused(tag, "InvalidInput", message, Tags=[{"Key": "aws:a", "Value": ""}], **provider)


def test_creating_with_tags_takes_the_permission_to_tag(user: Users) -> None:
    bob = user("bob", statement("iam:CreateOpenIDConnectProvider", arn("oidc.example.com/*")))("iam")
    bob.create_open_id_connect_provider(Url=URL)
    code, message = denied(f"arn:aws:iam::{ACCOUNT}:user/bob", "TagOpenIDConnectProvider", ARN + "2")
    tags = [{"Key": "a", "Value": ""}]
    assert_refused(bob.create_open_id_connect_provider, code, message, Url=URL + "2", Tags=tags)
    code, message = denied(f"arn:aws:iam::{ACCOUNT}:user/bob", "CreateOpenIDConnectProvider", arn("a.example.com"))
    assert_refused(bob.create_open_id_connect_provider, code, message, Url="https://a.example.com")


def test_the_provider_and_its_tags_are_what_policies_see(iam: Any, provider: dict[str, str], user: Users) -> None:
    mine = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    bob = user("bob", statement("iam:*OpenIDConnectProvider*", ARN, Condition=mine))("iam")
    refusal = denied(f"arn:aws:iam::{ACCOUNT}:user/bob", "DeleteOpenIDConnectProvider", ARN)
    assert_refused(bob.delete_open_id_connect_provider, *refusal, **provider)
    iam.tag_open_id_connect_provider(Tags=[{"Key": "team", "Value": "a"}], **provider)
    bob.delete_open_id_connect_provider(**provider)
    # What is not there has no tags, and is not told of to those who may not see it.
    assert_refused(bob.delete_open_id_connect_provider, *refusal, **provider)


def test_another_accounts_provider_is_out_of_reach(server: Live, iam: Any, provider: dict[str, str]) -> None:
    other = server.client("iam", server.add_account("210987654321"))
    for name in (ARN, arn("unknown.example.com")):
        with pytest.raises(other.exceptions.ClientError, match="AccessDenied"):
            other.get_open_id_connect_provider(OpenIDConnectProviderArn=name)
    assert other.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_without_thumbprints_the_issuer_is_asked_for_its_own(iam: Any, user: Users, tmp_path: Path) -> None:
    certificate = own_certificate()
    with issuer(tmp_path, certificate) as idp:
        bob = user("bob")("iam")
        assert refused(bob.create_open_id_connect_provider, Url=idp.url)[0] == "AccessDenied"
        made = iam.create_open_id_connect_provider(Url=idp.url)["OpenIDConnectProviderArn"]
        assert shown(iam, {"OpenIDConnectProviderArn": made})["ThumbprintList"] == [thumbprint(certificate)]
        assert idp.asked == []  # its certificate says it all
