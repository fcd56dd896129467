"""Faults, one after the other: what is broken, for how long, and how often."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence

from chaos.link import Link
from chaos.node import Node
from tests.postgresql import Cluster

_OF_NODES = {"kill": 8, "pause": 1, "full disk": 1, "restart": 1}
_OF_DATABASE = {"database": 1}
_OF_LINKS = {"partition": 2, "lost answers": 2, "late answers": 1, "cut": 2, "half-closed": 1}


class Trouble:
    """What can go wrong with these servers, the ways from them to the database, and the database; there may be no ways
    and no database."""

    def __init__(self, nodes: Sequence[Node], links: Sequence[Link], cluster: Cluster | None) -> None:
        self._nodes = nodes
        self._links = links
        self._cluster = cluster

    def make(self, args: argparse.Namespace) -> dict[str, int]:
        """Do what was asked for until there were so many kills; returns how often what was done."""
        choice = random.Random(args.seed)
        faults = {"kill": 8}
        if args.all_faults:
            faults = {**_OF_NODES, **(_OF_DATABASE if self._cluster is not None else {})}
        if self._links:
            faults |= _OF_LINKS
        done: Counter[str] = Counter()
        while done["kill"] < args.kills:
            time.sleep(choice.uniform(0.05, 0.4))
            at, fault = choice.randrange(len(self._nodes)), choice.choices(list(faults), list(faults.values()))[0]
            if fault in _OF_LINKS:
                _break_link(self._links[at], fault, choice)
            elif fault == "database":
                self._kill_database(choice.uniform(0.05, 1.0))
            else:
                _break_node(self._nodes[at], fault, choice)
            done[fault] += 1
            if not args.json:
                print(f"\r{done['kill']} of {args.kills} kills", end="", file=sys.stderr, flush=True)
        if not args.json:
            print(file=sys.stderr)
        return dict(done)

    def _kill_database(self, seconds: float) -> None:
        if self._cluster is not None:
            self._cluster.kill()
            time.sleep(seconds)
            self._cluster.start()


def _break_node(node: Node, fault: str, choice: random.Random) -> None:
    if fault == "pause":
        node.pause(choice.uniform(0.05, 1.0))
    elif fault == "full disk":
        node.fill_disk(choice.uniform(0.05, 1.0))
    else:
        node.kill() if fault == "kill" else node.stop()
        node.start()


def _break_link(link: Link, fault: str, choice: random.Random) -> None:
    seconds = choice.uniform(0.05, 3.0)
    if fault == "partition":
        link.stall(seconds, "there", "back")
    elif fault == "lost answers":
        link.stall(seconds, "back")
        link.cut(0.0)  # what was held back never comes
    elif fault == "late answers":
        link.slow(seconds, choice.uniform(0.005, 0.1))
    elif fault == "cut":
        link.cut(seconds)
    else:
        link.half_close()
