"""`iamd serve`."""

import argparse

from iamd.cli import Failure
from iamd.cli.arguments import add_settings, settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Every setting that is no secret; `--json` is `--log-format json`."""
    add_settings(parser)


def command(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if args.json:
        args.log_format = "json"
    chosen = settings(args)
    # Imported late: what refuses to start should do so at once.
    from iamd.agent.config import ConfigError
    from iamd.server.edge_link import Dismissed
    from iamd.server.edges import BadEdges
    from iamd.serving import run
    from iamd.store import StoreError
    from iamd.supervising import NotServing
    from iamd.supervising import run as run_workers
    from iamd.wire.tls_files import BadCertificate

    try:
        (run if chosen.workers == 1 else run_workers)(chosen)
    except (StoreError, ConfigError, BadCertificate, BadEdges, Dismissed, NotServing, OSError) as error:
        raise Failure(str(error)) from error
    return 0
