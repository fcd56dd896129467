"""The guard's tables say what the service authorization reference says."""

from iamd.guard.context import SEES_TARGET_BOUNDARY
from iamd.reference import services
from iamd.wire.model import snake


def test_the_boundary_is_seen_by_the_operations_that_the_reference_lists() -> None:
    iam = services.get("iam")
    assert iam is not None
    listed = {
        snake(action.name)
        for action in iam.actions.values()
        if any("iam:PermissionsBoundary" in kind.condition_keys for kind in (action, *action.resource_types))
    }
    given = {"create_role", "create_user", "put_role_permissions_boundary", "put_user_permissions_boundary"}
    assert listed - given == SEES_TARGET_BOUNDARY
