"""Applications as targets, and whose they are.

Whoever administers an instance administers all of its applications; other accounts of the organization those that they
have made. https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-applications.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call
from iamd.services.sso_admin.center import Center, administers, at, visible
from iamd.store.kinds.identity_applications import Application
from iamd.wire.identity_errors import ResourceNotFoundException


@dataclass(frozen=True, slots=True)
class HeldApplication:
    """An application, with its instance."""

    center: Center
    application: Application

    def replaced(self, **changes: Any) -> Application:
        """The application after a change."""
        changed: Application = self.center.records.applications.replace(self.application, **changes)
        return changed


def find_application(call: Call, arn: str) -> HeldApplication | None:
    """The application of that ARN, if the caller's account may have to do with it."""
    for center in visible(call):
        found = center.records.applications.get(arn.rpartition("/")[2])
        if found is not None and found.arn == arn:
            ours = found.owner_id == call.account_id or administers(call, center)
            return HeldApplication(center, found) if ours else None
    return None


def existing_application(call: Call, *, application_arn: str) -> Target[HeldApplication]:
    """The application of that ARN."""
    held = find_application(call, application_arn)
    if held is None:
        said = f"Could not find application with id {application_arn.rpartition('/')[2]}"
        return missing(application_arn, ResourceNotFoundException(said))
    application = held.application
    owner = {"sso:applicationaccount": application.owner_id}
    return at(held.center, application.arn, held, application.tags, **owner)
