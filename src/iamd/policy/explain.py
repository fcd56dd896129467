"""A decision with its reasons: what each layer says, the statements behind it, and what was missing.

The same compiled rules are asked, all of them instead of the first that settles the matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from .elements import Cited
from .evaluate import Case, decide
from .remedy import Way, ways
from .request import Layers, Request
from .trace import LayerTrace, traces
from .vocabulary import Decision, Grant


@dataclass(frozen=True, slots=True)
class Explanation:
    """`decision` is what `decide` answers; `layers` has an entry for every layer that has policies or a say.

    `missing` are the context keys that any statement looked for in vain. `ways` are empty when the request is allowed,
    and when no policy could allow it.
    """

    decision: Decision
    layers: tuple[LayerTrace, ...]
    missing: tuple[str, ...]
    ways: tuple[Way, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Plain values: decision, settledBy, statements, missingContextKeys, layers and, when it is refused, ways."""
        decision = self.decision
        shown: dict[str, object] = {
            "decision": decision.effect.value,
            "settledBy": None if decision.layer is None else decision.layer.value,
            "statements": [self._shown(grant) for grant in decision.statements],
            "missingContextKeys": list(self.missing),
            "layers": [trace.to_json() for trace in self.layers],
        }
        if not decision.allowed:
            shown["ways"] = [[change.to_json() for change in way] for way in self.ways]
        return shown

    def _shown(self, grant: Grant) -> dict[str, object]:
        """A statement that settled the matter, as its layer shows it."""
        for trace in self.layers:
            if trace.layer is self.decision.layer:
                for denial in () if self.decision.allowed else trace.denies:
                    if _is(denial.statement, grant):
                        return denial.to_json()
                for cited in trace.allows if self.decision.allowed else ():
                    if _is(cited, grant):
                        return {**cited.to_json(), "effect": "Allow"}
        raise LookupError(f"statement {grant.index} of `{grant.policy}` is in no layer's trace")


def _is(cited: Cited, grant: Grant) -> bool:
    return (cited.policy, cited.index) == (grant.policy, grant.index)


def explain(request: Request, layers: Layers, advise: bool = True) -> Explanation:
    """The decision, every layer's part in it and, when it is refused, what would allow it.

    Without `advise` there are neither near misses nor ways, and it costs little more than the decision.
    """
    case = Case(request, layers)
    decision = decide(request, layers)
    advised = advise and not decision.allowed
    found = tuple(traces(case, nearest=advised))
    found_ways = ways(case, found) if advised else ()
    return Explanation(decision, found, tuple(dict.fromkeys(case.missing)), found_ways)
