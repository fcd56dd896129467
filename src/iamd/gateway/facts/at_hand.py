"""The policies of resources that upstreams told lately, found at once: every request asks for one."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from iamd.gateway.mapped import Need
from iamd.node.versions import Versions
from iamd.store.records import PARTITION

if TYPE_CHECKING:
    from iamd.gateway.facts.facts import Told
    from iamd.gateway.facts.memory import Known

_OBJECTS: Final = f"arn:{PARTITION}:s3:::"
_now: Final = monotonic
_MOST: Final = 8192


class _Policy:
    """What was told, of whose resource it was asked where, and as long as what it counts."""

    def __init__(self, owner: str, region: str, counter: int, known: Known) -> None:
        self.owner: Final = owner
        self.region: Final = region
        self.counter: Final = counter
        self.version: Final[int] = known.version
        self.until: Final[float] = known.until
        self.told: Final[Told] = known.answer


class PoliciesAtHand:
    """What `Memory` knows of policies, by the resource's ARN; it counts here for as long as there."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._by_arn: dict[str, _Policy] = {}

    def of(self, need: Need, region: str) -> Told | None:
        """What was told of the policy of a need's resource; None when it must be looked for, or asked for."""
        found = self._by_arn.get(_rooted(need.resource))
        if (
            found is None
            or found.owner != need.owner
            or found.region != region
            or found.version != self._versions.at(found.counter)
            or found.until <= _now()
        ):
            return None
        return found.told

    def note(self, need: Need, region: str, subject: tuple[str, ...], known: Known) -> None:
        """Note what is known of the policy of that `subject`."""
        if len(self._by_arn) >= _MOST:
            self._by_arn.clear()
        self._by_arn[_rooted(need.resource)] = _Policy(need.owner, region, self._versions.counter(subject), known)


def _rooted(arn: str) -> str:
    """A bucket's ARN for those of its objects, which have its policy."""
    return arn.partition("/")[0] if arn.startswith(_OBJECTS) else arn
