"""Audit: every call as a record in CloudTrail's format."""

from iamd.audit.event import ApiEvent
from iamd.audit.identity import Identity, Issuer, OnBehalfOf, identity_of
from iamd.audit.stored import record, record_of

__all__ = ["ApiEvent", "Identity", "Issuer", "OnBehalfOf", "identity_of", "record", "record_of"]
