"""Take a picture of every page of the console, light and dark, wide and narrow, into build/screenshots.

The server runs in memory, with an account that has something to show on each page; it stands before a service that is
not there. Pages can be chosen: `python -m tools.screenshots /gateway /users`.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from tests.live import ACCOUNT, Live, live

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "screenshots"
PASSWORD = "correct horse battery 9!"  # noqa: S105  # of a server that lives for a minute


def _arn(path: str) -> str:
    return quote(f"arn:aws:iam::{ACCOUNT}:{path}", safe="")


PATIENCE = 120_000  # milliseconds; a busy machine takes its time to draw a page
NOBODY = "http://127.0.0.1:9"
PAGES = (
    "/",
    "/users",
    "/users/create",
    "/users/jane.doe",
    "/users/jane.doe?tab=credentials",
    "/users/jane.doe?tab=tags",
    "/users/jane.doe?tab=groups",
    "/users/jane.doe?tab=access",
    "/groups",
    "/groups/Developers",
    "/roles",
    "/roles/create",
    "/roles/auditor",
    "/roles/auditor?tab=trust",
    "/policies",
    "/policies/create",
    "/policies/arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FIAMReadOnlyAccess",
    "/inline/user/jane.doe/Buckets",
    "/instance-profiles",
    "/providers",
    f"/providers/{_arn('oidc-provider/login.example.com')}",
    "/providers/create",
    "/settings",
    "/organization",
    "/organization/policies",
    "/organization/policies/create",
    "/organization/policies/p-FullAWSAccess",
    "/analyzer",
    "/events",
    "/credential-report",
    "/simulator",
    "/who-can",
    "/explain",
    f"/explain?principal={_arn('user/staff/jane.doe')}&action=s3:GetObject",
    f"/explain?principal={_arn('user/ci-runner')}&action=iam:CreateUser",
    f"/paths/{_arn('user/ci-runner')}",
    "/gateway",
    "/terminal",
    "/security-credentials",
    "/sessions",
    "/switch-role",
    "/nothing",
)
# The pictures of the README: page, scheme, and what is to be in sight.
TOUR: dict[str, tuple[str, Literal["light", "dark"], str]] = {
    "console-explain": (PAGES[PAGES.index("/explain") + 1], "light", "told below as text"),
    "console-editor": ("/inline/user/jane.doe/Buckets", "dark", "Test this change"),
}
TOUR_OUT = ROOT / "docs" / "images"
_SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}


def furnish(server: Live) -> None:
    """Make an account with a bit of everything."""
    iam = server.client("iam")
    iam.create_account_alias(AccountAlias="example")
    for group in ("Administrators", "Developers", "Auditors"):
        iam.create_group(GroupName=group)
    for name in ("jane.doe", "john.stiles", "ci-runner", "backup", "maria.garcia", "li.juan"):
        iam.create_user(UserName=name, Path="/staff/" if "." in name else "/")
        iam.add_user_to_group(GroupName="Developers", UserName=name)
    iam.create_login_profile(UserName="jane.doe", Password=PASSWORD)
    iam.attach_user_policy(UserName="jane.doe", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_user_policy(UserName="jane.doe", PolicyName="Buckets", PolicyDocument=json.dumps(_BUCKETS))
    iam.tag_user(
        UserName="jane.doe", Tags=[{"Key": "team", "Value": "platform"}, {"Key": "cost-center", "Value": "42"}]
    )
    iam.create_role(
        RoleName="worker", AssumeRolePolicyDocument=json.dumps(_TRUSTS_LAMBDA), Description="Works off the queue"
    )
    iam.put_group_policy(GroupName="Developers", PolicyName="Deploys", PolicyDocument=json.dumps(_DEPLOYS))
    iam.put_role_policy(RoleName="worker", PolicyName="All", PolicyDocument=json.dumps(_EVERYTHING))
    iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=json.dumps(_TRUSTS_ACCOUNT), MaxSessionDuration=7200)
    iam.attach_role_policy(RoleName="auditor", PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    _federate(iam)
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="worker")
    while iam.generate_credential_report()["State"] != "COMPLETE":
        pass
    server.client("accessanalyzer").create_analyzer(analyzerName="account", type="ACCOUNT")
    _organize(server)
    key = iam.create_access_key(UserName="ci-runner")["AccessKey"]
    iam.create_access_key(UserName="jane.doe")
    for service, operation in (("iam", "list_roles"), ("s3", "list_buckets"), ("sqs", "list_queues")):
        try:
            getattr(server.client(service, key), operation)()
        except iam.exceptions.ClientError:
            print(f"==> {operation} is denied as intended: the record has something to show")


def _federate(iam: Any) -> None:
    iam.create_open_id_connect_provider(
        Url="https://token.actions.example.com", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )
    iam.create_open_id_connect_provider(
        Url="https://login.example.com", ClientIDList=["console"], ThumbprintList=["b" * 40]
    )
    iam.create_role(RoleName="engineer", AssumeRolePolicyDocument=json.dumps(_TRUSTS_PEOPLE))


def _organize(server: Live) -> None:
    organizations = server.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    [top] = organizations.list_roots()["Roots"]
    for unit in ("Production", "Sandbox"):
        organizations.create_organizational_unit(ParentId=top["Id"], Name=unit)
    organizations.create_account(AccountName="shop", Email="shop@example.com")


_BUCKETS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjct"], "Resource": "arn:aws:s3:::example/*"},
    ],
}
_DEPLOYS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Functions", "Effect": "Allow", "Action": "lambda:*", "Resource": "*"},
        {"Sid": "HandOver", "Effect": "Allow", "Action": ["iam:PassRole", "sts:AssumeRole"], "Resource": "*"},
        {"Sid": "Look", "Effect": "Allow", "Action": ["iam:GetUser", "s3:Get*"], "Resource": "*"},
    ],
}
_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_TRUSTS_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_TRUSTS_ACCOUNT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::444455556666:root", f"arn:aws:iam::{ACCOUNT}:root"]},
            "Action": "sts:AssumeRole",
        }
    ],
}


_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/login.example.com"
_TRUSTS_PEOPLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": _PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"login.example.com:aud": "console"}},
        }
    ],
}
_SIGN_IN = {
    "OpenIDConnectProviderArn": _PROVIDER,
    "ClientId": "console",
    "ClientType": "public",
    "Label": "Example",
    "RoleArns": [f"arn:aws:iam::{ACCOUNT}:role/engineer"],
    "Scopes": ["email"],
}
_PUT_SIGN_IN = """async given => {
    const { csrf } = await (await fetch("/console/me/session")).json();
    const headers = { "x-iamd-csrf": csrf };
    await fetch("/console/api/iamd/PutConsoleSignIn", { method: "POST", headers, body: JSON.stringify(given) });
}"""


def take(pages: dict[str, Page], path: str, endpoint: str) -> None:
    """All pictures of one page of the console; `pages` are the browser's by size."""
    name = re.sub(r"\W+", "-", path).strip("-") or "dashboard"
    for size, page in pages.items():
        for scheme in _SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.goto(f"{endpoint}{path}")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=OUT / f"{name}-{size}-{scheme}.png", full_page=True)


def take_tour(page: Page, endpoint: str) -> None:
    """The pictures of the README."""
    page.set_viewport_size({"width": 1100, "height": 680})
    for name, (path, scheme, shown) in TOUR.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.goto(f"{endpoint}/console{path}")
        page.wait_for_load_state("networkidle")
        page.get_by_text(shown).first.scroll_into_view_if_needed()
        page.screenshot(path=TOUR_OUT / f"{name}.png")


def main() -> int:
    """Take them all; 1 without Chromium."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        print("there is no Chromium: tools/browser.sh installs it", file=sys.stderr)
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    with live(upstream={"*": NOBODY}, public_url="https://iamd.example.com") as server, sync_playwright() as playwright:
        furnish(server)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context()
        context.set_default_timeout(PATIENCE)
        pages = {size: context.new_page() for size in SIZES}
        for size, (width, height) in SIZES.items():
            pages[size].set_viewport_size({"width": width, "height": height})
        take(pages, "/console/sign-in", server.endpoint)
        page = pages["wide"]
        page.get_by_label("Account ID or alias").fill(ACCOUNT)
        page.get_by_label("User name").fill("jane.doe")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state("networkidle")
        page.evaluate(_PUT_SIGN_IN, _SIGN_IN)
        stranger = {"wide": browser.new_page(viewport={"width": 1280, "height": 900})}
        take(stranger, "/console/sign-in?account=example", server.endpoint)
        for path in sys.argv[1:] or PAGES:
            take(pages, f"/console{path}", server.endpoint)
        if not sys.argv[1:]:
            take_tour(page, server.endpoint)
        browser.close()
    print(f"==> {len(list(OUT.iterdir()))} pictures in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
