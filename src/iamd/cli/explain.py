"""`iamd explain`."""

import argparse
import json
import sys
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.denial import find_denial
from iamd.cli.explaining import write
from iamd.cli.place import add_place, place
from iamd.cli.requests import parse, read, texts
from iamd.cli.tree import Paper
from iamd.policy import Layers, MalformedPolicy, Request, explain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The request."""
    parser.add_argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="a JSON request as `iamd evaluate` takes it; - or nothing: standard input",
    )
    parser.add_argument(
        "--authorization-id",
        metavar="ID",
        help="a denial of the last day, by the id in its message, with the policies as they were then",
    )
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Tell the decision and why; 1 when the request is denied."""
    if args.authorization_id is None:
        request, layers = _asked(args.file)
    else:
        denial = find_denial(*place(args), args.authorization_id)
        request, layers = denial.request, denial.layers
    found = explain(request, layers)
    if args.json:
        print(json.dumps(found.to_json()))
    else:
        write(Paper(sys.stdout), request, found)
    return 0 if found.decision.allowed else 1


def _asked(name: str) -> tuple[Request, Layers]:
    """The request in a file; raises Failure when there is none."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        source = content.decode()
        asked = parse(source)
        return read(asked, texts(source, asked))
    except OSError as error:
        raise Failure(f"{name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{name}: not UTF-8 text") from error
    except MalformedPolicy as error:
        raise Failure(f"{name}: {', '.join([*error.__notes__, str(error.problems[0])])}") from error
    except (ValueError, RecursionError) as error:
        raise Failure(f"{name}: {error}") from error
