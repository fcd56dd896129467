"""`iamd evaluate`."""

import argparse
import sys
from collections.abc import Iterator
from typing import BinaryIO

from iamd.cli.evaluate import run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The form of the requests, and whether decisions are explained."""
    parser.add_argument(
        "--jsonl", action="store_true", help="one JSON request a line, on standard input: the only form there is"
    )
    parser.add_argument("--explain", action="store_true", help="add each layer's outcome and the statements behind it")


def command(args: argparse.Namespace) -> int:
    """Answer each line of standard input with one of standard output, in order, as they come."""
    return run(_lines(sys.stdin.buffer), sys.stdout, args.explain)


def _lines(source: BinaryIO) -> Iterator[str]:
    """Yield the lines as text, whatever the locale; one that is not UTF-8 becomes one that is not JSON."""
    for line in source:
        try:
            yield line.decode()
        except UnicodeDecodeError:
            yield "not UTF-8"
