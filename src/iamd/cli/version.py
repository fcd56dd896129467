"""`iamd version`."""

import argparse
import json
import platform

import botocore

from iamd import __version__, reference
from iamd.cli import Failure
from iamd.policy import FORM, WHY_PURE
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
        "engine": FORM,
        "whyPure": WHY_PURE or None,
        "botocore": botocore.__version__,
        "reference": data,
    }
    if args.json:
        print(json.dumps(parts))
        return 0
    engine = f"{FORM} Python, several times slower than compiled: {WHY_PURE}" if WHY_PURE else FORM
    listed = {**parts, "engine": engine, "reference": ", ".join(f"{name} {number}" for name, number in data.items())}
    del listed["whyPure"]
    for name, value in listed.items():
        print(f"{name:<10} {value}")
    return 0
