"""Arguments that questions about access share."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.access.surroundings import read_json
from iamd.policy import Attached, Kind, MalformedPolicy, load

Context = dict[str, str | tuple[str, ...]]


def add_context(parser: argparse.ArgumentParser) -> None:
    """Add what is known of the request."""
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a condition key of the request, as aws:SourceIp=192.0.2.1; again for more keys, or more values of one",
    )


def context_of(pairs: list[str]) -> Context:
    """The context that pairs make; raises Failure."""
    values: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise Failure(f"--context {pair}: write KEY=VALUE")
        values.setdefault(key.lower(), []).append(value)
    return {key: listed[0] if len(listed) == 1 else tuple(listed) for key, listed in values.items()}


def checked_action(action: str) -> str:
    """The action; raises Failure when it is none."""
    if not all(action.partition(":")):
        raise Failure(f"{action}: an action is service:Action")
    return action


def policy_file(file: Path | None, kind: Kind) -> Attached | None:
    """The policy in a JSON file; raises Failure."""
    if file is None:
        return None
    try:
        return Attached(str(file), load(json.dumps(read_json(file)), kind))
    except MalformedPolicy as error:
        raise Failure(f"{file}: {error.problems[0]}") from None
