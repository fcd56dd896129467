"""The switch for tokens that go out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.live import ACCOUNT
from tests.services.iam.documents import statement
from tests.services.iam.refusals import assert_refused
from tests.services.iam.support import denied

Users = Callable[..., Callable[[str], Any]]
DISABLED = ("FeatureDisabled", f"Outbound identity federation is disabled for account {ACCOUNT}")


def test_the_issuer_stays_the_same(iam: Any) -> None:
    info, disable = iam.get_outbound_web_identity_federation_info, iam.disable_outbound_web_identity_federation
    for operation in (info, disable):
        assert_refused(operation, *DISABLED)
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert re.fullmatch(r"https://[0-9a-f-]{36}\.tokens\.sts\.global\.api\.aws", issuer)
    found = info()
    assert (found["IssuerIdentifier"], found["JwtVendingEnabled"]) == (issuer, True)
    message = f"Outbound identity federation is already enabled for account {ACCOUNT}"
    assert_refused(iam.enable_outbound_web_identity_federation, "FeatureEnabled", message)
    disable()
    for operation in (info, disable):
        assert_refused(operation, *DISABLED)
    assert iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer


def test_who_may_switch_is_up_to_policies(user: Users) -> None:
    bob = user("bob", statement("iam:GetOutboundWebIdentityFederationInfo"))("iam")
    assert_refused(bob.get_outbound_web_identity_federation_info, *DISABLED)
    refusal = denied(f"arn:aws:iam::{ACCOUNT}:user/bob", "EnableOutboundWebIdentityFederation", "*")
    assert_refused(bob.enable_outbound_web_identity_federation, *refusal)
