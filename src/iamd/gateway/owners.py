"""Whose a resource behind the gateway is, and that a request and its upstream mean the same one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from iamd.gateway.mapped import Need
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_BUCKETS: Final = f"arn:{PARTITION}:s3:::"


class Owners:
    """The account that owns what is upstream, but for resources whose ARNs match one of the patterns (`*`, `?`)."""

    def __init__(self, account_id: str, patterns: Mapping[str, str] | None = None) -> None:
        self.account_id = account_id
        self._patterns = [(_compiled(pattern), owner) for pattern, owner in (patterns or {}).items()]

    @property
    def accounts(self) -> frozenset[str]:
        """Every account that owns something, of upstreams that do not keep accounts apart."""
        return frozenset({self.account_id, *(owner for _, owner in self._patterns)})

    def of(self, arn: str) -> str | None:
        """The account that a pattern gives the resource to; of several patterns the first counts."""
        for pattern, owner in self._patterns:
            if pattern.fullmatch(arn):
                return owner
        return None

    def settle(self, need: Need, region: str, account_id: str, *, keeps_accounts: bool) -> Need:
        """The need with the `owner` of its resource; where a pattern names another one, its ARN says so, too.

        `account_id` is where the names of the request are resolved. Raises Unmapped for an ARN of another region, and
        of another account unless the upstream keeps accounts apart: it might take the name for one of its own. Those
        of IAM are not the upstream's.
        """
        if (
            not self._patterns and need.action.startswith("s3:") and need.resource.startswith(_BUCKETS)
        ):  # it names no account
            return need.owned(self.account_id)
        fields = need.resource.split(":", 5)
        if len(fields) != 6 or fields[0] != "arn":
            return need.owned(account_id)
        of_region, of_account = fields[3], fields[4]
        if need.action.startswith("iam:"):
            return need.owned(of_account or account_id)
        if of_region not in ("", "*", region):
            raise Unmapped(f"`{need.resource}` is not in {region}, where the request was sent to.")
        owner = self.of(need.resource)
        if not of_account:  # of names without account only those of buckets are the same for everybody
            return need.owned(owner or (self.account_id if fields[2] == "s3" else account_id))
        if keeps_accounts:
            return need.owned(of_account)
        if of_account not in (account_id, owner):
            raise Unmapped(f"The upstream holds nothing of the account {of_account}.")
        if owner is None:
            return need.owned(of_account)
        return need.owned(owner, ":".join([*fields[:4], owner, fields[5]]))


def _compiled(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)
