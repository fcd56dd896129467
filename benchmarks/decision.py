"""One decision: the engine beside its peers and the naive walk of the reference evaluator, as CPU time and ratios.

    python -m benchmarks decision

All engines take turns in one run. A peer that is not installed is left out with a line; those of npm are looked for in
the folder BENCH_NODE. `differs` counts the requests that an engine decides otherwise than iamd.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.decision_peers import PEERS, cedar_request, cedar_text
from benchmarks.decision_workload import ACCOUNT, USER, requests
from iamd.policy import FORM, Attached, Kind, Layers, Principal, Request, canonical_context, decide, load
from tests.spec import reference

Json = dict[str, Any]
Thunks = list[Callable[[], bool]]
SHAPES = ((10, 5), (10, 50), (100, 100))
ROUNDS = 5
SLICE = 0.1  # seconds of one engine's turn
NODE_PEERS = ("cedar-wasm", "iam-simulate")


def attach(name: str, tree: Json, kind: Kind) -> Attached:
    return Attached(name, load(json.dumps(tree), kind))


def layers_of(first: Json) -> Layers:
    """The layers of the workload's caller, as a server keeps them."""
    return Layers(
        identity=tuple(attach(each["name"], each["document"], Kind.IDENTITY) for each in first["identityPolicies"]),
        boundaries=tuple(attach("b", each, Kind.BOUNDARY) for each in first["permissionsBoundaries"]),
        scps=tuple(
            tuple(attach(each["name"], each["document"], Kind.SCP) for each in level["policies"])
            for level in first["serviceControlPolicies"]
        ),
    )


def engine(asked: list[Json], plain: bool = False) -> Thunks:
    """`plain`: from a plain dictionary of context keys, spelled as AWS spells them, each time."""
    layers, who = layers_of(asked[0]), Principal.from_text(USER)

    def thunk(each: Json) -> Callable[[], bool]:
        policy = each.get("resourcePolicy")
        about = layers.about(attach("bucket", policy, Kind.RESOURCE)) if policy else layers
        action, resource = each["action"], each["resource"]
        request = Request(who, action, resource, ACCOUNT, canonical_context(each["context"]))
        if not plain:
            return lambda: decide(request, about).allowed
        spelled = {key.replace("aws:", "AWS:"): value for key, value in each["context"].items()}
        return lambda: decide(Request(who, action, resource, ACCOUNT, canonical_context(spelled)), about).allowed

    return [thunk(each) for each in asked]


def naive(asked: list[Json]) -> Thunks:
    return [lambda each=each: reference.decide(each) == "allowed" for each in asked]


def microseconds(thunks: Thunks) -> float:
    """CPU time of one call, averaged over a turn."""
    calls, started, ends = 0, time.process_time_ns(), time.perf_counter() + SLICE
    while True:
        for _ in range(10 if calls else 1):
            for thunk in thunks:
                thunk()
            calls += len(thunks)
        if time.perf_counter() >= ends:
            return (time.process_time_ns() - started) / calls / 1000


def from_registry(asked: list[Json], big: bool) -> dict[str, Thunks]:
    """The peers that are installed; of many statements only the quickest is asked, for the others take seconds."""
    found = {}
    for name, build in PEERS.items():
        if big and name != "cedarpy":
            continue
        try:
            found[name] = build(asked)
        except ImportError as error:
            print(f"left out: {name} ({error})")
    return found


def from_node(asked: list[Json], allowed: list[bool]) -> dict[str, Json]:
    """What the engines of npm measure of themselves."""
    folder, node = os.environ.get("BENCH_NODE", ".venv/bench-node"), shutil.which("node")
    if node is None or not Path(folder, "node_modules").is_dir():
        print(f"left out: {', '.join(NODE_PEERS)} (no node, or nothing installed in {folder})")
        return {}
    script = str(Path(__file__).with_name("decision_node.mjs").resolve())
    found = {}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as workload:
        cedar_requests = [cedar_request(each) for each in asked]
        json.dump(
            {"cedar": cedar_text(asked), "cedarRequests": cedar_requests, "requests": asked, "allowed": allowed},
            workload,
        )
        workload.flush()
        for name in NODE_PEERS:
            done = subprocess.run([node, script, name, workload.name], cwd=folder, capture_output=True, text=True)
            if done.returncode:
                print(f"left out: {name} ({done.stderr.strip().splitlines()[-1]})")
            else:
                found[name] = json.loads(done.stdout)
    return found


def compare(policies: int, statements: int) -> None:
    """Print the table of one shape."""
    asked = requests(policies, statements)
    big = policies * statements > 500
    engines = {"iamd": engine(asked), "iamd, plain dict": engine(asked, plain=True), "naive walk": naive(asked)}
    engines |= from_registry(asked, big)
    allowed = [thunk() for thunk in engines["iamd"]]
    for _ in range(6):  # what is made on first use is made
        for thunk in (*engines["iamd"], *engines["iamd, plain dict"]):
            thunk()
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    for _ in range(1 if big else ROUNDS):
        for name, thunks in engines.items():
            turns[name].append((microseconds([thunks[1]]), microseconds(thunks)))
    rows = {
        name: (
            *(statistics.median(each) for each in zip(*found, strict=True)),
            sum(map(differ, engines[name], allowed)),
        )
        for name, found in turns.items()
    }
    for name, told in ({} if big else from_node(asked, allowed)).items():
        rows[name] = (told["typical"], told["mix"], len(told["differs"]))
    typical, mix = rows["iamd"][:2]
    print(f"{policies * statements} identity statements, iamd {FORM}")
    print(f"  {'':18}{'typical us':>12}{'ratio':>10}{'mix us':>12}{'ratio':>10}{'differs':>9}")
    for name, (one, all_, differing) in rows.items():
        print(f"  {name:18}{one:12.2f}{one / typical:10.1f}{all_:12.2f}{all_ / mix:10.1f}{differing:9}")


def differ(thunk: Callable[[], bool], allowed: bool) -> bool:
    return thunk() is not allowed


def main() -> None:
    for shape in SHAPES:
        compare(*shape)


if __name__ == "__main__":
    main()
