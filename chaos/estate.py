"""What is broken in a run: servers, what they stand on, and the faults that this makes possible."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.credentials import Credentials

from chaos import spaces, trouble
from chaos.clock import Clock, built
from chaos.disk import Disk
from chaos.link import Link
from chaos.node import Node
from chaos.packets import Network, address
from chaos.trouble import Fault
from chaos.upstream import Upstream
from tests import postgresql

ACCOUNT = "123456789012"
ROOT = Credentials("AKIACHAOSCHAOSCHAOS1", "chaos" * 8)
ENVIRONMENT = {
    "IAMD_ACCOUNT_ID": ACCOUNT,
    "IAMD_ROOT_ACCESS_KEY_ID": ROOT.access_key,
    "IAMD_ROOT_SECRET_ACCESS_KEY": ROOT.secret_key,
}
# What the database was sent may take effect for so long after the client was told that it has not: as long as one write
# is held up, or, by packets that are sent again, until PostgreSQL gives the transaction up.
_AFTERMATH, _AFTERMATH_OF_PACKETS = 1.0, 6.5


@dataclass(slots=True)
class Estate:
    """Servers, none of which runs yet, and what can happen to them. The `flags` lead to their database by a way that
    nothing happens to. Whoever reads on several servers must `carry` what they tell where they hear of each other a
    moment later."""

    nodes: list[Node]
    faults: Mapping[str, Fault]
    flags: list[str]
    carry: bool
    aftermath: float
    upstream: bool


@contextmanager
def made(args: argparse.Namespace, folder: Path) -> Iterator[Estate]:
    """What the arguments of `python -m chaos` ask for, with its data in that folder. Raises RuntimeError, saying what is
    missing, where something cannot be had."""
    with ExitStack() as stack:
        yield _Builder(args, folder, stack).estate()


class _Builder:
    """Puts an estate together; what is to be taken away in the end is on the stack."""

    def __init__(self, args: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
        self._args, self._folder, self._stack = args, folder, stack
        self._names = [f"node-{number + 1}" for number in range(args.nodes)]
        self._flags = ["--data-dir", str(folder / "data")]
        self._own: list[list[str]] = [[] for _ in self._names]  # flags; the last one of a kind counts
        self._faults: dict[str, Fault] = {}
        self._network: Network | None = None
        # Out of namespaces there is no way to it.
        self._upstream = None if args.packets else stack.enter_context(closing(Upstream()))

    def estate(self) -> Estate:
        args = self._args
        if args.disk:
            disk = self._stack.enter_context(closing(Disk(self._folder / "data", args.disk)))
            self._faults |= trouble.of_disk(disk)
        if args.postgresql:
            self._add_database()
        clocks = self._clocks() if args.clocks or args.all_faults else []
        nodes = [self._node(at, clocks[at] if clocks else None) for at in range(args.nodes)]
        faults = {**trouble.kills(nodes), **(trouble.of_nodes(nodes) if args.all_faults else {}), **self._faults}
        if clocks:
            faults |= trouble.of_clocks(clocks)
        if self._network is not None:
            faults |= trouble.of_packets(self._network, nodes)
        aftermath = _AFTERMATH_OF_PACKETS if args.packets else _AFTERMATH
        return Estate(nodes, faults, self._flags, args.postgresql, aftermath, self._upstream is not None)

    def _add_database(self) -> None:
        key = self._folder / "master.key"
        key.write_bytes(secrets.token_bytes(32))
        cluster = self._stack.enter_context(postgresql.running())
        self._flags += ["--database", cluster.new_database(), "--master-key-file", str(key)]
        if self._args.all_faults:
            self._faults |= trouble.of_database(cluster)
        if self._args.network:
            links = [Link(self._folder / name, cluster.folder) for name in self._names]
            for link in links:
                self._stack.enter_context(closing(link))
            self._own = [["--database", cluster.url_by(link.folder)] for link in links]
            self._faults |= trouble.of_links(links)
        if self._args.packets:
            network = self._network = self._spread()
            cluster.listen(address(1), network.spaces[0])
            self._own = [["--database", cluster.url_at(address(1))] for _ in self._names]

    def _spread(self) -> Network:
        """Namespaces for PostgreSQL and each server."""
        hindered = spaces.hindrance()
        if hindered is not None:
            raise RuntimeError(f"{hindered}: leave --packets away")
        return self._stack.enter_context(closing(Network(1 + len(self._names), self._args.seed)))

    def _clocks(self) -> list[Clock]:
        library = built(self._folder)
        return [Clock(self._folder / f"{name}.clock", library) for name in self._names]

    def _node(self, at: int, clock: Clock | None) -> Node:
        name = self._names[at]
        space = None if self._network is None else self._network.spaces[at + 1]
        upstream = [] if self._upstream is None else self._upstream.flags
        return Node(
            name, [*self._flags, *self._own[at], *upstream], ENVIRONMENT, self._folder / f"{name}.log", clock, space
        )
