"""Session policies: what a caller passes to narrow the session that it asks for."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from iamd.guard.gather import managed_document
from iamd.policy import Kind, MalformedPolicy, parse
from iamd.store.image import Records
from iamd.store.records import Tags
from iamd.wire.errors import MalformedPolicyDocument, PackedPolicyTooLarge, ValidationError

MANAGED_POLICIES = 10
PLAIN_SIZE = 2_048  # characters of the policy and the ARNs together
PACKED_SIZE = 512  # bytes; AWS publishes neither its format nor its limit, and accepts no more than this does


class SessionPolicies(NamedTuple):
    """The inline policy as sent, the managed ones by ARN."""

    inline: str | None = None
    arns: tuple[str, ...] = ()


_NONE = SessionPolicies()


def session_policies(
    inline: str | None, managed: Sequence[Mapping[str, str]] | None, records: Records
) -> SessionPolicies:
    """The policies passed for a session of that account, checked.

    Raises MalformedPolicyDocument, and ValidationError for managed policies that are too many or not there.
    """
    if inline is None and not managed:
        return _NONE
    if inline is not None:
        try:
            parse(inline, Kind.SESSION)
        except MalformedPolicy as error:
            raise MalformedPolicyDocument(str(error)) from None
    arns = tuple(dict.fromkeys(policy.get("arn", "") for policy in managed or ()))
    if len(arns) > MANAGED_POLICIES:
        raise ValidationError(
            f"1 validation error detected: Value '[{', '.join(arns)}]' at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MANAGED_POLICIES}"
        )
    for arn in arns:
        if arn.count(":") < 5 or not arn.startswith("arn:"):
            raise ValidationError("Invalid ARN:  Could not be parsed!")
        if managed_document(arn, records) is None:
            raise ValidationError(f"Policy {arn} does not exist or is not attachable.")
    return SessionPolicies(inline, arns)


def packed_size(policies: SessionPolicies, tags: Tags) -> int | None:
    """`PackedPolicySize`: how much of the room for policies and tags is used, in per cent; None when there are none.

    The larger of two shares: the policies' plain text of 2,048 characters, and everything, deflated, of 512 bytes.
    Raises PackedPolicyTooLarge above 100.
    """
    if policies is _NONE and not tags:
        return None
    plain = [policies.inline or "", *policies.arns]
    labels = [text for tag in tags for text in tag]
    if not any((*plain, *labels)):
        return None
    packed = len(zlib.compress("\n".join((*plain, *labels)).encode(), 9, wbits=-zlib.MAX_WBITS))
    share = max(_per_cent(sum(map(len, plain)), PLAIN_SIZE), _per_cent(packed, PACKED_SIZE))
    if share > 100 and any(plain):
        raise PackedPolicyTooLarge(f"Packed policy consumes {share}% of allotted space, please use smaller policy.")
    if share > 100:
        raise PackedPolicyTooLarge(f"Packed size of session tags consumes {share}% of allotted space.")
    return share


def _per_cent(part: int, whole: int) -> int:
    return -(-100 * part // whole)
