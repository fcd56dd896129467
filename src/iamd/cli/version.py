"""`iamd version`."""

import argparse
import json
import platform
from importlib.util import find_spec
from pathlib import Path

import botocore

from iamd import __version__, reference
from iamd.cli import Failure
from iamd.reference.pack import MissingData


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def command(args: argparse.Namespace) -> int:
    """Print what this installation is made of."""
    try:
        data = reference.versions()
    except MissingData as error:
        raise Failure(str(error)) from error
    parts = {
        "iamd": __version__,
        "python": platform.python_version(),
        "engine": engine_form(),
        "botocore": botocore.__version__,
        "reference": data,
    }
    if args.json:
        print(json.dumps(parts))
        return 0
    listed = {**parts, "reference": ", ".join(f"{name} {number}" for name, number in data.items())}
    for name, value in listed.items():
        print(f"{name:<10} {value}")
    return 0


def engine_form() -> str:
    """Return `compiled` when the policy engine is native code, else `pure`."""
    engine = find_spec("iamd.policy")  # finds it without importing it
    folders = engine.submodule_search_locations if engine else None
    return "compiled" if any(any(Path(folder).glob("*.so")) for folder in folders or ()) else "pure"
