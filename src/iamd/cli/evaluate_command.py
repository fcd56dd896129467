"""`iamd evaluate`."""

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The form of the requests, and whether decisions are explained."""
    parser.add_argument(
        "--jsonl", action="store_true", help="one JSON request a line on standard input (the only form)"
    )
    parser.add_argument("--explain", action="store_true", help="add each layer's outcome and the statements behind it")


def command(args: argparse.Namespace) -> int:
    """Answer each line of standard input with one of standard output, in order, as they come."""
    from iamd.cli.evaluate import run

    return run(sys.stdin, sys.stdout, args.explain)
