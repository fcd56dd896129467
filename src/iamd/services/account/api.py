"""The Account API's registry: every module of this folder adds its operations to `account`."""

from __future__ import annotations

from iamd.services.registry import Api

account = Api("account")
