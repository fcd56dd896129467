"""`iamd delegation-token`: the token of a request that was handed over, for whoever brings it to the requestor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamd.cli.main import main
from tests.live import live
from tests.services.iam.test_delegation import PARTNER, UNKNOWN, create, template


def test_it_is_printed_once_it_was_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--data-dir", str(tmp_path)]
    with live(in_memory=False, data_dir=str(tmp_path)) as server:
        iam, partner_key = server.client("iam"), server.add_account(PARTNER)
        partner = server.client("iam", partner_key)
        asked = create(partner, template(partner))
        iam.associate_delegation_request(DelegationRequestId=asked)
        iam.accept_delegation_request(DelegationRequestId=asked)
        assert main(["delegation-token", asked, *place]) == 2
        assert "is ACCEPTED: its token has not been sent" in capsys.readouterr().err
        iam.send_delegation_token(DelegationRequestId=asked)
        assert main(["delegation-token", asked, *place, "--json"]) == 0
        token = json.loads(capsys.readouterr().out)["tradeInToken"]
        answer = server.client("sts", partner_key).get_delegated_access_token(TradeInToken=token)
        assert answer["AssumedPrincipal"].endswith(":root")
    assert main(["delegation-token", UNKNOWN, *place]) == 2
    assert "there is no delegation request" in capsys.readouterr().err
