"""`iamd passcode`: the code that confirms a root user's new address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamd.cli.main import main
from tests.live import ACCOUNT, live
from tests.services.organizations.support import Org


def test_it_is_printed_while_the_change_is_pending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--data-dir", str(tmp_path)]
    with live(in_memory=False, data_dir=str(tmp_path)) as server:
        organizations, account = server.client("organizations"), server.client("account")
        made = organizations.create_organization(FeatureSet="ALL")["Organization"]
        organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
        dev = Org(server, organizations, made["Id"], organizations.list_roots()["Roots"][0]["Id"]).account("dev")
        about = {"AccountId": dev, "PrimaryEmail": "new@example.com"}
        account.start_primary_email_update(**about)
        assert main(["passcode", dev, *place, "--json"]) == 0
        account.accept_primary_email_update(**about, Otp=json.loads(capsys.readouterr().out)["otp"])
    for id in (dev, ACCOUNT, "999999999999"):
        assert main(["passcode", id, *place]) == 2
        assert "no update of the primary email address" in capsys.readouterr().err
