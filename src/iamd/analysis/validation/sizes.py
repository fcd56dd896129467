"""Checks of lengths.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.subject import IDENTITY_KINDS, Subject
from iamd.policy import Kind, size

# The characters that a policy may have; white space counts in organizations only.
_QUOTAS = {
    **dict.fromkeys(IDENTITY_KINDS, ("IDENTITY_POLICY", 6_144)),
    Kind.RESOURCE: ("RESOURCE_POLICY", 20_480),
    Kind.TRUST: ("ROLE_TRUST_POLICY", 2_048),
    Kind.SCP: ("SCP", 10_240),
    Kind.RCP: ("RCP", 5_120),
}


def length(policy: Subject) -> Iterator[Note]:
    name, quota = _QUOTAS.get(policy.kind, ("", len(policy.text)))
    if len(policy.text) <= quota:
        return
    measured = len(policy.text) if policy.kind in (Kind.SCP, Kind.RCP) else size(policy.text)
    if measured > quota:
        yield note(f"POLICY_SIZE_EXCEEDS_{name}_QUOTA", policy.root, size=str(measured), quota=str(quota))
