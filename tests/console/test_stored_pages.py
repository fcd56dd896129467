"""Pages that people store behind the gateway have the console's address, and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from playwright.sync_api import Browser as Chromium

from tests.console.people import Person
from tests.live import Live, live
from tests.services.signin.browser import PASSWORD

THIEF = """<!doctype html><title>A report</title><script>
fetch("/console/me/session").then(answered => answered.json()).then(told => { window.stolen = told.userName; });
</script>"""
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg"><script>
fetch("/console/me/session").then(answered => answered.json()).then(told => { window.stolen = told.userName; });
</script></svg>"""


@pytest.fixture(scope="module")
def gateway() -> Iterator[Live]:
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    with live(upstream={"*": f"http://{host}:{port}"}) as server:
        yield server
    moto.stop()


@pytest.fixture
def ada(gateway: Live, chromium: Chromium) -> Iterator[Person]:
    gateway.reset()
    iam = gateway.client("iam")
    iam.create_user(UserName="Ada")
    iam.create_login_profile(UserName="Ada", Password=PASSWORD)
    context = chromium.new_context()
    person = Person(gateway, iam, context.new_page())
    person.sign_in("Ada")
    yield person
    context.close()


@pytest.fixture
def stored(gateway: Live) -> Any:
    """`stored("a.html", "text/html", text)`: the link to a new object."""
    s3 = gateway.client("s3", signature_version="s3v4", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="pages")

    def store(key: str, type: str, text: str) -> str:
        s3.put_object(Bucket="pages", Key=key, Body=text.encode(), ContentType=type)
        return str(s3.generate_presigned_url("get_object", Params={"Bucket": "pages", "Key": key}))

    return store


@pytest.mark.parametrize(("key", "type", "text"), [("a.html", "text/html", THIEF), ("a.svg", "image/svg+xml", DRAWING)])
def test_a_stored_page_does_not_act_as_who_opens_it(ada: Person, stored: Any, key: str, type: str, text: str) -> None:
    ada.page.goto(stored(key, type, text))
    ada.page.wait_for_load_state("networkidle")
    assert ada.page.evaluate("window.stolen") is None
    assert ada.page.evaluate("window.origin") == "null"


def test_a_stored_page_is_shown(ada: Person, stored: Any) -> None:
    ada.page.goto(stored("a.html", "text/html", "<!doctype html><title>A report</title><h1>All is well</h1>"))
    assert ada.page.get_by_role("heading", name="All is well").is_visible()
