"""`iamd agent`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from iamd.agent import config as agent
from iamd.agent.config import Config, ConfigError
from iamd.cli import Failure
from iamd.cli.assuming import add_sts, region_of, sts_source

_TASK = "default"
_FREE = "127.0.0.1:0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Either a file, or the role of an instance and a container."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="what to serve, in TOML; excludes the next five")
    parser.add_argument("--role-arn", metavar="ARN", help="the role that workloads here get")
    parser.add_argument("--listen", action="append", metavar="ADDRESS:PORT", help="Default: 127.0.0.1:4501.")
    parser.add_argument(
        "--container-token-file", metavar="FILE", help="serve /v2/credentials/default to who sends what is in this file"
    )
    parser.add_argument("--duration", type=int, metavar="SECONDS", help="of a session. Default: 3600.")
    parser.add_argument("--imds-v1", action="store_true", help="answer requests for metadata without a token, too")
    parser.add_argument(
        "--allow-any-address", action="store_true", help="let --listen name an address that other machines reach"
    )
    parser.add_argument(
        "program",
        nargs="*",
        metavar="PROGRAM",
        help="after --: serve on a free port while this runs, which has the role",
    )
    add_sts(parser)


def command(args: argparse.Namespace) -> int:
    """Serve until told to stop, or while a program runs; then its exit code is returned."""
    # Imported late: what refuses to start should do so at once.
    from iamd.agent.serving import run, run_program
    from iamd.server.logs import configure_logs

    try:
        config = _config(args)
        configure_logs("info", as_json=args.json)
        if args.program:
            return asyncio.run(run_program(config, sts_source(args), args.program, os.environ))
        asyncio.run(run(config, sts_source(args), lambda urls: _announce(config, urls)))
    except (ConfigError, OSError) as error:
        raise Failure(str(error)) from error
    return 0


def _config(args: argparse.Namespace) -> Config:
    flags = (args.role_arn, args.listen, args.container_token_file, args.duration, args.imds_v1)
    if args.config is not None:
        if any(flags):
            raise ConfigError("--config excludes the flags that say what to serve")
        return agent.load(args.config)
    if args.role_arn is None:
        raise ConfigError("give --role-arn or --config")
    agent.check_role(args.role_arn)
    values: dict[str, object] = {"region": region_of(args), "allow_any_address": args.allow_any_address}
    values["instance"] = {"role": args.role_arn, "v1": args.imds_v1}
    if args.container_token_file is not None:
        values["tasks"] = [{"id": _TASK, "role": args.role_arn, "token_file": args.container_token_file}]
    if args.listen or args.program:
        values["listen"] = args.listen or [_FREE]
    if args.duration is not None:
        values["duration"] = args.duration
    return agent.read(values)


def _announce(config: Config, urls: list[str]) -> None:
    """Say which variables lead SDKs here."""
    lines = []
    for url in urls:
        if config.instance is not None:
            lines.append(f"  export AWS_EC2_METADATA_SERVICE_ENDPOINT={url}")
        lines += [
            f"  export AWS_CONTAINER_CREDENTIALS_FULL_URI={url}/v2/credentials/{task.id}" for task in config.tasks
        ]
        if config.pods is not None:
            lines.append(f"  export AWS_CONTAINER_CREDENTIALS_FULL_URI={url}/v1/credentials")
    sys.stdout.write("iamd agent is ready\n\n" + "\n".join(lines) + "\n\n")
    sys.stdout.flush()
