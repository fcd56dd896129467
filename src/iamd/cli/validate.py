"""`iamd validate`."""

import argparse
import json
import sys
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.custom_services import add_custom_services, register_services
from iamd.policy import Kind, MalformedPolicy, Problem, parse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The documents and what they are for."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a policy document; - is standard input")
    parser.add_argument(
        "--type",
        choices=[kind.value for kind in Kind],
        default=Kind.IDENTITY.value,
        help="what the documents are for (default: identity)",
    )
    parser.add_argument("--findings", action="store_true", help="tell, too, what Access Analyzer's checks find")
    parser.add_argument("--sarif", action="store_true", help="print these findings as SARIF, for code scanning")
    add_custom_services(parser)


def command(args: argparse.Namespace) -> int:
    """Print what keeps AWS from storing each document, or what checks find in it; 1 when there is anything grave."""
    if args.findings or args.sarif:
        from iamd.cli import validate_findings

        register_services(args)
        return validate_findings.report(args)
    found = {name: problems(name, Kind(args.type)) for name in args.files}
    if args.json:
        print(json.dumps([result(name, listed) for name, listed in found.items()]))
    else:
        for name, listed in found.items():
            print("\n".join(f"{name}:{problem}" for problem in listed) or f"{name}: valid")
    return 1 if any(found.values()) else 0


def problems(name: str, kind: Kind) -> tuple[Problem, ...]:
    """Return what is wrong with the document in a file; raises Failure when it cannot be read."""
    try:
        parse(text(name), kind)
    except MalformedPolicy as malformed:
        return malformed.problems
    return ()


def text(name: str) -> str:
    """Return what is in a file, or comes in for `-`; raises Failure when it cannot be read."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return content.decode()
    except OSError as error:
        raise Failure(f"{name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{name}: not UTF-8 text") from error


def result(name: str, listed: tuple[Problem, ...]) -> dict[str, object]:
    """Return one file's outcome for `--json`."""
    return {
        "file": name,
        "valid": not listed,
        "problems": [
            {"line": item.line, "column": item.column, "message": item.message, "detail": item.detail}
            for item in listed
        ],
    }
