"""`iamd escalation`."""

import argparse
import json
import sys
from pathlib import Path

from iamd.analysis.escalation import ADMINISTRATOR, Edge, Graph, graph
from iamd.analysis.escalation.drawing import svg
from iamd.analysis.escalation.graph import edge_json, named_paths
from iamd.authorization.escalations import estate
from iamd.cli import Failure
from iamd.cli.access.accounts import load_accounts
from iamd.cli.place import add_place, place
from iamd.cli.progress import progress
from iamd.cli.tree import NO, YES, Node, Paper
from iamd.policy.wording import condition_of

_CUTS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Between whom ways are looked for, the drawing, and where the data are."""
    parser.add_argument("source", nargs="?", metavar="FROM", help="a principal's name or ARN (default: everyone)")
    parser.add_argument("target", nargs="?", metavar="TO", help="a principal's name or ARN (default: an administrator)")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the ways to administrators into a file")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """List who can become an administrator, how, and what would prevent it; 1 when anyone can."""
    accounts = load_accounts(place(args))
    source, target = (name and accounts.holder(name).principal.arn for name in (args.source, args.target))
    everyone = estate(accounts.holders(), accounts.records, accounts.trusts)
    found = graph(everyone, lambda actors: progress(actors, accounts.count(), "principals asked about"))
    if source is not None:
        if args.svg is not None:
            raise Failure("a drawing is of everyone: leave FROM and TO out")
        return _between(args, found, source, target or ADMINISTRATOR)
    paths = found.paths()
    if args.svg is not None:
        args.svg.write_text(svg(paths), encoding="utf-8")
    cuts = found.cuts()[:_CUTS]
    if args.json:
        told = {
            "administrators": sorted(found.administrators),
            "paths": named_paths(paths),
            "cuts": [{"change": cut.change, "saved": cut.saved} for cut in cuts],
        }
        print(json.dumps(told))
    else:
        paper = Paper(sys.stdout)
        for way in paths.values():
            _write(paper, way[0].source, way)
        for cut in cuts:
            paper.line(f"{cut.change}: {cut.saved} fewer", YES)
        paper.line(f"{len(found.administrators)} are administrators, {len(paths)} more can become one")
    return 1 if paths else 0


def _between(args: argparse.Namespace, found: Graph, source: str, target: str) -> int:
    way = found.between(source, target)
    if args.json:
        print(json.dumps({"path": None if way is None else [edge_json(edge) for edge in way]}))
    elif way is None:
        print(f"there is no way from {source} to {target}")
    elif not way:
        print(f"{source} is one already")
    else:
        _write(Paper(sys.stdout), source, way)
    return 0 if way is None else 1


def _write(paper: Paper, source: str, way: tuple[Edge, ...]) -> None:
    paper.line(source, NO)
    nodes = []
    for edge in way:
        steps = []
        for step in edge.steps:
            needs = "".join(f", {condition_of(change)}" for change in step.needs)
            by = ", ".join(dict.fromkeys(grant.policy for grant in step.statements))
            steps.append(Node(f"{step.action} on {step.resource}{f' by {by}' if by else ''}{needs}"))
        nodes.append(Node(f"{edge.target} ({edge.method})", children=steps))
    paper.tree(nodes)
