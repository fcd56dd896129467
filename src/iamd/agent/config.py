"""What an agent serves, from one TOML file or a few flags; what is unknown or mistyped refuses to start."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import socket
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

_ROLE = r"^arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]{1,576}$"
RoleArn = Annotated[str, Meta(pattern=_ROLE)]
ProfileArn = Annotated[str, Meta(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:instance-profile/[\x21-\x7e]{1,640}$")]
ClusterArn = Annotated[str, Meta(pattern=r"^arn:aws[a-z-]*:eks:[a-z0-9-]+:\d{12}:cluster/[A-Za-z0-9_-]{1,100}$")]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
Label = Annotated[str, Meta(pattern=r"^[a-z0-9.-]{1,253}$")]
InstanceId = Annotated[str, Meta(pattern=r"^i-[0-9a-f]{8,17}$")]

GUESSABLE = 32  # characters: a task that has no token needs an id that is at least this long

# Unique local addresses that AWS gives its endpoints: fd00:ec2::254 and fd00:ec2::23.
_AWS_LOCAL = ipaddress.ip_network("fd00:ec2::/32")


class ConfigError(ValueError):
    """The agent cannot be set up; the message tells what to do."""


def _instance_id() -> str:
    """An id that is the same on this host every time, in the form of EC2's."""
    return "i-" + hashlib.sha256(socket.gethostname().encode()).hexdigest()[:17]


class Instance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the metadata service tells. Either a role or an instance profile that holds one; `v1`: a token is optional.
    Key and certificate (PEM files, RSA) sign the identity document."""

    role: RoleArn | None = None
    profile: ProfileArn | None = None
    id: InstanceId = msgspec.field(default_factory=_instance_id)
    image: str = "ami-00000000"
    type: str = "t3.micro"
    architecture: str = "x86_64"
    zone: str | None = None
    private_ip: str = "127.0.0.1"
    v1: bool = False
    key_file: str | None = None
    certificate_file: str | None = None


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A container's role, at `/v2/credentials/ID`. The token file holds what clients send as Authorization."""

    id: Name
    role: RoleArn
    token_file: str | None = None


class Association(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The role of a Kubernetes service account."""

    namespace: Label
    service_account: Label
    role: RoleArn


class Pods(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A cluster whose service-account tokens are taken: its issuer, and the file of the keys that sign them (JWKS)."""

    cluster: ClusterArn
    issuer: str
    jwks_file: str
    associations: tuple[Association, ...] = ()


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything an agent is told. `duration` is that of a session in seconds, `rate` the requests a second that one
    client may send."""

    listen: tuple[str, ...] = ("127.0.0.1:4501",)
    allow_any_address: bool = False
    region: Annotated[str, Meta(pattern=r"^[a-z]{2,}(-[a-z0-9]+)+$")] = "us-east-1"
    duration: Annotated[int, Meta(ge=900, le=43_200)] = 3600
    rate: Annotated[float, Meta(gt=0, le=10_000)] = 100.0
    instance: Instance | None = None
    tasks: tuple[Task, ...] = ()
    pods: Pods | None = None

    def __post_init__(self) -> None:
        for text in self.listen:
            check_address(text, self.allow_any_address)
        if self.instance is None and not self.tasks and self.pods is None:
            raise ConfigError("nothing to serve: give `[instance]`, `[[tasks]]` or `[pods]`, or --role-arn")
        if self.instance is not None:
            _check_instance(self.instance)
        for task in self.tasks:
            if task.token_file is None and len(task.id) < GUESSABLE:
                raise ConfigError(
                    f"task `{task.id}` can be guessed: give it a token_file, or an id of {GUESSABLE} characters or more"
                )
        if len({task.id for task in self.tasks}) < len(self.tasks):
            raise ConfigError("two tasks have the same id")


def _check_instance(instance: Instance) -> None:
    if (instance.role is None) == (instance.profile is None):
        raise ConfigError("`[instance]` takes either `role` or `profile`")
    if (instance.key_file is None) != (instance.certificate_file is None):
        raise ConfigError("`key_file` and `certificate_file` go together")


def check_role(arn: str) -> None:
    """Raise ConfigError for what is no role's ARN."""
    if re.match(_ROLE, arn, re.ASCII) is None:
        raise ConfigError(f"`{arn}` is no role's ARN: write it like arn:aws:iam::111122223333:role/web")


def address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `[IPv6]:PORT`; raises ConfigError unless the host is an address."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
        number = int(port)
    except ValueError:
        number = -1
    if not 0 <= number <= 65_535:
        raise ConfigError(f"`{text}` is no address to listen on: write it like 127.0.0.1:4501 or [::1]:4501")
    return host, number


def check_address(text: str, allow_any: bool) -> None:
    """Raise ConfigError for an address that other machines reach, unless that is asked for."""
    parsed = ipaddress.ip_address(address(text)[0])
    if parsed.is_loopback or parsed.is_link_local or parsed in _AWS_LOCAL or allow_any:
        return
    raise ConfigError(
        f"`{text}` can be reached by other machines, and whoever reaches it gets credentials: listen on a loopback or "
        "link-local address, or say allow_any_address"
    )


def load(path: Path) -> Config:
    """The agent's file; raises ConfigError."""
    try:
        return read(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def read(values: dict[str, object]) -> Config:
    """The configuration of plain values, as TOML has them; raises ConfigError."""
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error)) from error
