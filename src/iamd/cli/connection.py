"""Commands that work through an endpoint: clients of AWS's APIs with the credentials that the AWS CLI would take."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from iamd.cli import Failure
from iamd.cli.assuming import add_sts, region_of

Client = Any  # of botocore, whose clients are made at run time
Clients = Callable[[str], Client]

add_connection = add_sts


def clients(args: argparse.Namespace, credentials: Mapping[str, str] | None = None) -> Clients:
    """Clients by service name: of the endpoint that the flags name, with those credentials or the environment's."""
    import botocore.session  # late: it takes a second

    given = credentials or {}
    session = botocore.session.Session(profile=args.profile)
    session.register_component("data_loader", _loader())

    def client(service: str) -> Client:
        return session.create_client(
            service,
            region_name=region_of(args),
            endpoint_url=args.endpoint_url,
            aws_access_key_id=given.get("AccessKeyId"),
            aws_secret_access_key=given.get("SecretAccessKey"),
            aws_session_token=given.get("SessionToken"),
        )

    return client


@cache
def _loader() -> Any:
    """What reads the service models, kept: reading IAM's takes longer than most commands."""
    import botocore.loaders

    return botocore.loaders.create_loader()


@contextmanager
def failures() -> Iterator[None]:
    """What the endpoint refuses, or that it does not answer, as Failure."""
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

    try:
        yield
    except EndpointConnectionError as error:
        raise Failure(f"{error}: is iamd running there? AWS_ENDPOINT_URL or --endpoint-url says where") from error
    except (BotoCoreError, ClientError) as error:
        raise Failure(str(error)) from error


def pages(client: Client, operation: str, member: str, **params: Any) -> Iterator[Any]:
    """The elements of a list, over all of its pages."""
    for page in client.get_paginator(operation).paginate(**params):
        yield from page[member]
