"""`iamd version`."""

import argparse
import json
import platform

import botocore

from iamd import __version__, reference, request_path
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
    folder, why_requests_pure = request_path.form()
    parts = {
        "iamd": __version__,
        "python": platform.python_version(),
        "engine": FORM,
        "whyPure": WHY_PURE or None,
        "requests": "pure" if folder is None else "compiled",
        "whyRequestsPure": why_requests_pure or None,
        "botocore": botocore.__version__,
        "reference": data,
    }
    if args.json:
        print(json.dumps(parts))
        return 0
    listed = {
        **parts,
        "engine": _form(FORM, WHY_PURE),
        "requests": _form(str(parts["requests"]), why_requests_pure),
        "reference": ", ".join(f"{name} {number}" for name, number in data.items()),
    }
    del listed["whyPure"], listed["whyRequestsPure"]
    for name, value in listed.items():
        print(f"{name:<10} {value}")
    return 0


def _form(form: str, why_pure: str) -> str:
    return f"{form} Python, several times slower than compiled: {why_pure}" if why_pure else form
