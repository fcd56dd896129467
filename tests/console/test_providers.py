"""The pages of identity providers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from playwright.sync_api import expect

from tests.console.people import Person
from tests.live import ACCOUNT
from tests.services.iam.saml import metadata
from tests.services.roles import make_role, trust

OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example.com/build"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/Company"


def test_an_openid_connect_provider_is_added_changed_and_deleted(person: Person, iam: Any) -> None:
    page = person.at("/providers")
    expect(page.get_by_text("There are no identity providers")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Add provider").click()
    page.get_by_label("Provider URL").fill("http://issuer.example.com/build")
    page.get_by_label("Audience").fill("sts.amazonaws.com")
    page.get_by_label("Thumbprints").fill(":".join(["aB"] * 20))
    page.get_by_role("button", name="Add provider").click()
    expect(page.get_by_text("The URL must begin with https://")).to_be_visible()
    person.looks_right()
    page.get_by_label("Provider URL").fill("https://issuer.example.com/build")
    page.get_by_role("button", name="Add provider").click()
    person.told("Provider issuer.example.com/build has been added.")
    page.get_by_role("button", name="Add audience").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Audience").fill("second")
    dialog.get_by_role("button", name="Add audience").click()
    person.told("The audience has been added.")
    page.get_by_role("radio", name="Select sts.amazonaws.com").check()
    page.get_by_role("button", name="Remove").click()
    dialog.get_by_role("button", name="Remove").click()
    person.told("The audience has been removed.")
    page.get_by_role("button", name="Manage thumbprints").click()
    dialog.get_by_label("Thumbprints").fill("c" * 40 + "\n" + "d" * 40)
    dialog.get_by_role("button", name="Save changes").click()
    person.told("The provider has been saved.")
    person.looks_right()
    stored = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=OIDC)
    assert (stored["ClientIDList"], stored["ThumbprintList"]) == (["second"], ["c" * 40, "d" * 40])
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("textbox").fill("issuer.example.com/build")
    dialog.get_by_role("button", name="Delete").click()
    person.told("Provider issuer.example.com/build has been deleted.")
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_a_saml_provider_is_added_and_its_metadata_are_replaced(person: Person, iam: Any) -> None:
    page = person.at("/providers/create")
    page.get_by_role("radio", name="SAML").check()
    page.get_by_label("Provider name").fill("Company")
    file = {"name": "metadata.xml", "mimeType": "application/xml", "buffer": metadata().encode()}
    page.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
    expect(page.get_by_label("Or paste it here")).to_have_value(metadata())
    person.looks_right()
    page.get_by_role("button", name="Add provider").click()
    person.told("Provider Company has been added.")
    expect(page.get_by_text("EntityDescriptor").first).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Replace metadata").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Or paste it here").fill(metadata("https://other.example.com"))
    dialog.get_by_role("button", name="Save changes").click()
    person.told("The provider has been saved.")
    assert "https://other.example.com" in iam.get_saml_provider(SAMLProviderArn=SAML)["SAMLMetadataDocument"]


def test_people_are_let_in_with_a_provider(person: Person, iam: Any) -> None:
    iam.create_open_id_connect_provider(
        Url="https://issuer.example.com/build", ClientIDList=["console", "builds"], ThumbprintList=["a" * 40]
    )
    trusted = trust({"Federated": OIDC}, "sts:AssumeRoleWithWebIdentity")
    make_role(iam, "Reader", trusted)
    make_role(iam, "Stranger", trust({"Service": "ec2.amazonaws.com"}))
    page = person.at(f"/providers/{quote(OIDC, safe='')}")
    expect(page.get_by_text("Nobody signs in to the console with this provider.")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Set up sign-in").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Label").fill("Example")
    dialog.get_by_role("button", name="Client ID").click()
    page.get_by_role("option", name="console").click()
    dialog.get_by_role("radio", name="Confidential").check()
    dialog.get_by_role("button", name="Roles").click()
    expect(page.get_by_role("option")).to_have_text(["Reader"])
    page.get_by_role("option", name="Reader").click()
    page.keyboard.press("Escape")
    save = dialog.get_by_role("button", name="Save changes")
    expect(save).to_be_disabled()
    dialog.get_by_label("Client secret").fill("s3cret")
    person.looks_right()
    save.click()
    person.told("The sign-in has been saved.")
    expect(page.get_by_text("openid email profile")).to_be_visible()
    person.looks_right()
    page.get_by_role("button", name="Change sign-in").click()
    dialog.get_by_label("Scopes").fill("")
    save.click()
    expect(page.get_by_text("openid email profile")).to_have_count(0)
    page.get_by_role("button", name="End sign-in").click()
    dialog.get_by_role("button", name="End sign-in").click()
    expect(page.get_by_text("Nobody signs in to the console with this provider.")).to_be_visible()
