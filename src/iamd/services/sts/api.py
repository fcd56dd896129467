"""The STS API's registry: every module of this folder adds its operations to `sts`."""

from __future__ import annotations

from iamd.services.registry import Api

sts = Api("sts")

# Requests may say how long the session token should be at least; AWS does not document to what end.
TOKEN_SIZE = {"minimum_session_token_size": "MinimumSessionTokenSize is not supported: tokens are as long as they are."}
