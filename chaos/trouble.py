"""Faults, one after the other: what is broken, for how long, and how often."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chaos.clock import Clock
from chaos.disk import Disk
from chaos.link import Link
from chaos.node import Node
from chaos.packets import FAIR, Network, Weather
from tests.postgresql import Cluster

_FARTHEST = 4.2  # of a clock, as a power of ten: 4.4 hours


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that can be done to the server of that number; the heavier, the more often."""

    weight: int
    do: Callable[[int, random.Random], object]


Faults = Mapping[str, Fault]


def make(faults: Faults, nodes: int, kills: int, seed: int, *, quiet: bool) -> dict[str, int]:
    """Do one after the other to some of so many servers, until there were so many kills; returns how often what was."""
    choice, names, weights = random.Random(seed), list(faults), [each.weight for each in faults.values()]
    done: Counter[str] = Counter()
    while done["kill"] < kills:
        time.sleep(choice.uniform(0.05, 0.4))
        at, name = choice.randrange(nodes), choice.choices(names, weights)[0]
        faults[name].do(at, choice)
        done[name] += 1
        if not quiet:
            print(f"\r{done['kill']} of {kills} kills", end="", file=sys.stderr, flush=True)
    if not quiet:
        print(file=sys.stderr)
    return dict(done)


def kills(nodes: Sequence[Node]) -> Faults:
    """SIGKILL."""

    def kill(at: int, choice: random.Random) -> None:
        nodes[at].kill()
        nodes[at].start()

    return {"kill": Fault(8, kill)}


def of_nodes(nodes: Sequence[Node]) -> Faults:
    """What else can happen to a process."""

    def restart(at: int, choice: random.Random) -> None:
        nodes[at].stop()
        nodes[at].start()

    return {
        "pause": Fault(1, lambda at, choice: nodes[at].pause(choice.uniform(0.05, 1.0))),
        "full disk": Fault(1, lambda at, choice: nodes[at].fill_disk(choice.uniform(0.05, 1.0))),
        "restart": Fault(1, restart),
    }


def of_database(cluster: Cluster) -> Faults:
    """PostgreSQL is killed."""

    def kill(at: int, choice: random.Random) -> None:
        cluster.kill()
        time.sleep(choice.uniform(0.05, 1.0))
        cluster.start()

    return {"database": Fault(1, kill)}


def of_links(links: Sequence[Link]) -> Faults:
    """What can happen to the way from a server to PostgreSQL."""

    def partition(at: int, choice: random.Random) -> None:
        links[at].stall(choice.uniform(0.05, 3.0), "there", "back")

    def lose_answers(at: int, choice: random.Random) -> None:
        links[at].stall(choice.uniform(0.05, 3.0), "back")
        links[at].cut(0.0)  # what was held back never comes

    def slow(at: int, choice: random.Random) -> None:
        links[at].slow(choice.uniform(0.05, 3.0), choice.uniform(0.005, 0.1))

    return {
        "partition": Fault(2, partition),
        "lost answers": Fault(2, lose_answers),
        "late answers": Fault(1, slow),
        "cut": Fault(2, lambda at, choice: links[at].cut(choice.uniform(0.05, 3.0))),
        "half-closed": Fault(1, lambda at, choice: links[at].half_close()),
    }


def of_clocks(clocks: Sequence[Clock]) -> Faults:
    """A server's clock is set seconds to hours ahead or behind, or right again."""

    def step(at: int, choice: random.Random) -> None:
        away = choice.choice([-1, 1]) * 10 ** choice.uniform(0, _FARTHEST)
        clocks[at].step(0.0 if choice.random() < 0.3 else away)

    return {"clock": Fault(4, step)}


def of_disk(disk: Disk) -> Faults:
    """There is no room left."""
    return {"no space": Fault(2, lambda at, choice: disk.fill(choice.uniform(0.05, 1.5)))}


def of_packets(network: Network, nodes: Sequence[Node]) -> Faults:
    """What can happen to packets between the servers, from the second namespace on, and PostgreSQL in the first."""
    gone = Weather(lost=1.0)

    def there(at: int) -> tuple[int, int]:
        return at + 2, 1

    def back(at: int) -> tuple[int, int]:
        return 1, at + 2

    def lose(at: int, choice: random.Random) -> None:
        network.spoil([there(at), back(at)], Weather(lost=choice.uniform(0.05, 0.5)), choice.uniform(0.5, 5.0))

    def mix_up(at: int, choice: random.Random) -> None:
        weather = Weather(twice=0.2, late=choice.uniform(0.002, 0.2))
        network.spoil([there(at), back(at)], weather, choice.uniform(0.5, 5.0))

    def lose_all(at: int, choice: random.Random) -> None:
        network.spoil([there(at), back(at)], gone, choice.uniform(0.5, 8.0))

    def lose_one_way(at: int, choice: random.Random) -> None:
        network.spoil([choice.choice([there, back])(at)], gone, choice.uniform(0.5, 8.0))

    def forget(at: int, choice: random.Random) -> None:
        share = choice.uniform(0.3, 1.0)
        network.forget([each for each in network.connections(*there(at)) if choice.random() < share])

    def vanish(at: int, choice: random.Random) -> None:
        ways = [there(at), back(at)]
        network.change(ways, gone)  # so that PostgreSQL is not told
        nodes[at].kill()
        network.change(ways, FAIR)
        nodes[at].start()

    return {
        "packets lost": Fault(2, lose),
        "packets mixed up": Fault(1, mix_up),
        "blackout": Fault(1, lose_all),
        "one-way blackout": Fault(1, lose_one_way),
        "connections forgotten": Fault(2, forget),
        "vanished": Fault(1, vanish),
    }
