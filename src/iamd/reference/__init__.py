"""What AWS knows: services, actions, resource types, condition keys, managed policies, service principals.

The data are built from pinned packages (tools/build_reference.py) and read lazily: an index at first
use, one service or document when it is asked for. Global condition keys are in no data set and
written by hand.
"""

from iamd.reference import actions, condition_keys, managed, principals, services
from iamd.reference.pack import versions

__all__ = ["actions", "condition_keys", "managed", "principals", "services", "versions"]
