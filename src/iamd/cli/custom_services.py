"""Services of one's own in commands that look actions up."""

import argparse
from pathlib import Path

from iamd.cli import Failure


def add_custom_services(parser: argparse.ArgumentParser) -> None:
    """Add which file describes them."""
    parser.add_argument(
        "--custom-services",
        type=Path,
        metavar="FILE",
        help="services of your own, as for `iamd serve --custom-services`",
    )


def register_services(args: argparse.Namespace) -> None:
    """Know the services of the file, if one is named; raises Failure."""
    file: Path | None = args.custom_services
    if file is None:
        return
    from iamd.reference import custom, services  # late: most commands need none

    try:
        services.register(custom.read(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{file}: not UTF-8 text") from error
    except custom.BadServices as error:
        raise Failure(f"{file} {error}") from error
