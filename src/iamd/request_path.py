"""The modules that every request passes, and those of AssumeRole, besides the policy engine, in their compiled form where
there is one.

They are compiled together into `iamd_native` (tools/build_native.py) and run compiled together or not at all: a call
from one to another goes straight to its machine code. As of the engine (`iamd.policy.form`), the compiled form is
taken only if it was made of the very sources that stand here; IAMD_ENGINE=pure passes over both.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

MODULES = (
    "iamd.audit.elements",
    "iamd.audit.encoding",
    "iamd.audit.ids",
    "iamd.audit.templates",
    "iamd.caller.at_hand",
    "iamd.caller.authorization",
    "iamd.caller.canonical",
    "iamd.caller.claim",
    "iamd.caller.identities",
    "iamd.caller.ids",
    "iamd.caller.payload",
    "iamd.caller.signature",
    "iamd.caller.sigv4",
    "iamd.caller.tokens",
    "iamd.chain.execution",
    "iamd.chain.links",
    "iamd.chain.passage",
    "iamd.chain.record",
    "iamd.gateway.answer",
    "iamd.gateway.asked",
    "iamd.gateway.asker",
    "iamd.gateway.at_once",
    "iamd.gateway.callers",
    "iamd.gateway.connection",
    "iamd.gateway.exact.s3",
    "iamd.gateway.exact.s3_keys",
    "iamd.gateway.facts.at_hand",
    "iamd.gateway.facts.changes",
    "iamd.gateway.heads",
    "iamd.gateway.idle",
    "iamd.gateway.links",
    "iamd.gateway.mapped",
    "iamd.gateway.mapping",
    "iamd.gateway.modes",
    "iamd.gateway.outbound",
    "iamd.gateway.outcome",
    "iamd.gateway.owners",
    "iamd.gateway.parts",
    "iamd.gateway.passage",
    "iamd.gateway.recognise",
    "iamd.gateway.recording",
    "iamd.gateway.relay",
    "iamd.gateway.s3_requests",
    "iamd.gateway.service_callers",
    "iamd.gateway.steps",
    "iamd.gateway.strict",
    "iamd.gateway.verdicts",
    "iamd.gateway.who",
    "iamd.gateway.written_policies",
    "iamd.guard.ask",
    "iamd.guard.context",
    "iamd.guard.enforce",
    "iamd.guard.gather",
    "iamd.guard.sessions",
    "iamd.guard.snapshot",
    "iamd.node.versions",
    "iamd.server.answers",
    "iamd.server.channel",
    "iamd.server.clock",
    "iamd.server.entrance",
    "iamd.server.events",
    "iamd.server.front",
    "iamd.server.header_names",
    "iamd.server.prompt",
    "iamd.server.protocol",
    "iamd.server.relaying",
    "iamd.server.signed_for",
    "iamd.server.tasks",
    "iamd.server.telemetry",
    "iamd.server.timers",
    "iamd.server.understood",
    "iamd.server.whole",
    "iamd.services.catalogue",
    "iamd.services.invocation",
    "iamd.services.sts.assumption",
    "iamd.services.sts.credentials",
    "iamd.services.sts.session_policies",
    "iamd.services.sts.session_tags",
    "iamd.store.cache",
    "iamd.store.collection",
    "iamd.store.directory",
    "iamd.store.waiting",
    "iamd.wire.http",
    "iamd.wire.query_output",
)
"""No coroutines, and of classes named tuples and plain ones only: mypyc gives the others another meaning, and after an
exception was raised through a compiled coroutine, later ones raised it again (tools/check_native.py)."""

SOURCES = [Path(__file__).parent.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in MODULES]


PART = "requests"


class CompiledModules(MetaPathFinder):
    """Finds the compiled form of MODULES; whether it may run is decided when the first of them is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folder = form()[0] if fullname in MODULES else None
        if folder is None:
            return None
        file = str(folder / f"{fullname}{EXTENSION_SUFFIXES[0]}")
        return spec_from_file_location(fullname, file, loader=ExtensionFileLoader(fullname, file))


@cache
def form() -> tuple[Path | None, str]:
    """Where the compiled form is, or why the plain one runs."""
    from iamd.policy.form import compiled  # not sooner: who asks for the version only needs no engine

    return compiled(PART, SOURCES)


def install() -> None:
    """Have these modules looked for here first."""
    sys.meta_path.insert(0, CompiledModules())
