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
    from iamd.serving import run
    from iamd.store import StoreError
    from iamd.wire.tls_files import BadCertificate

    try:
        run(chosen)
    except (StoreError, ConfigError, BadCertificate, OSError) as error:
        raise Failure(str(error)) from error
    return 0
