"""Readers of single settings: text from a variable or flag, or a TOML value, to a checked value.

Each raises ValueError with the end of a sentence that begins with the setting's name. No message
holds the value itself: it may be a secret.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from iamd.caller.buckets import FASTEST
from iamd.gateway.upstreams import BY_HEADER, BY_KEY, Credentials, is_service
from iamd.reference import custom
from iamd.reference.custom import BadServices
from iamd.reference.entries import Service
from iamd.services.iam.quotas import Quotas
from iamd.services.throttle import Rates
from iamd.store.postgresql.url import DatabaseUrl, parse

T = TypeVar("T")

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_PAIR = re.compile(r"(\w+)\s*=\s*(\d+)", re.ASCII)
_PAIRS = re.compile(rf"\s*{_PAIR.pattern}\s*(,\s*{_PAIR.pattern}\s*)*", re.ASCII)


def text(value: object) -> str:
    """A string that is not empty."""
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError("must be a text that is not empty")


def matching(pattern: str, what: str) -> Callable[[object], str]:
    """Return a reader of strings that match a pattern as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def read(value: object) -> str:
        if isinstance(value, str) and compiled.fullmatch(value):
            return value
        raise ValueError(f"must be {what}")

    return read


def one_of(*choices: str) -> Callable[[object], str]:
    """Return a reader of strings out of a few, whatever their case."""

    def read(value: object) -> str:
        if isinstance(value, str) and value.lower() in choices:
            return value.lower()
        raise ValueError(f"must be one of {', '.join(choices)}")

    return read


account_id = matching(r"(?!0{12})\d{12}", "an account id: 12 digits, in quotes in a file")
access_key_id = matching(r"[A-Z0-9]{16,128}", "an access key id: 16 to 128 capital letters and digits")
secret_key = matching(r"[!-~]{16,128}", "a secret of 16 to 128 characters without spaces")
password = matching(r"[ -~]{8,128}", "a password of 8 to 128 characters")
email = matching(r"[^\s@]+@[^\s@]+", "an e-mail address")
region = matching(r"[a-z]{2,}(-[a-z0-9]+)+", "a region such as us-east-1")


def database(value: object) -> DatabaseUrl:
    """The URL of a PostgreSQL database."""
    return parse(text(value))


def boolean(value: object) -> bool:
    """true or false, as TOML has them or as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise ValueError("must be true or false")


def whole(value: object) -> int:
    """A whole number from zero."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{1,15}", value, re.ASCII):
        return int(value)
    raise ValueError("must be a whole number")


def positive(value: object) -> int:
    """A whole number from one."""
    number = whole(value)
    if number == 0:
        raise ValueError("must be above zero")
    return number


def port(value: object) -> int:
    """A port; 0 means a free one."""
    number = whole(value)
    if number > 65_535:
        raise ValueError("must be a port: 0 to 65535")
    return number


def seconds(value: object) -> float:
    """A time above zero, at most a day."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII):
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 86_400:
        return float(value)
    raise ValueError("must be a number of seconds above 0 and at most 86400")


def session(value: object) -> float:
    """How long people may stay signed in at the access portal: AWS's bounds."""
    number = positive(value)
    if not 900 <= number <= 7_776_000:
        raise ValueError("must be a number of seconds from 900 (15 minutes) to 7776000 (90 days)")
    return float(number)


def numbers(kind: Callable[..., T], names: Sequence[str]) -> Callable[[object], T]:
    """Return a reader of whole numbers by name, as a TOML table or as `name=number,name=number`, into `kind`."""
    wanted = f"{names[0]}=NUMBER, set apart by commas; the names are {', '.join(names)}"

    def read(value: object) -> T:
        given: Any = value
        if isinstance(value, str) and _PAIRS.fullmatch(value):
            given = dict(_PAIR.findall(value))
        if not isinstance(given, dict) or not given.keys() <= set(names):
            raise ValueError(f"must be such as {wanted}")
        return kind(**{name: whole(number) for name, number in given.items()})

    return read


quotas = numbers(Quotas, [item.name for item in fields(Quotas)])
_rates = numbers(Rates, [item.name for item in fields(Rates)])


def rate(value: object) -> int:
    """Requests a second."""
    number = whole(value)
    if number > FASTEST:
        raise ValueError(f"must be at most {FASTEST}")
    return number


def rates(value: object) -> Rates | None:
    """`off`, `on`, or rates by name."""
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in _TRUE | _FALSE):
        return Rates() if boolean(value) else None
    return _rates(value)


def path(value: object) -> Path:
    """A path; `~` is the home folder."""
    if isinstance(value, Path):
        return value.expanduser()
    return Path(text(value)).expanduser()


def destination(value: object) -> str:
    """A folder, `s3://BUCKET/PREFIX`, or `maildir:FOLDER`."""
    given = text(value)
    if re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/.*)?|maildir:.+|(?!s3:|maildir:).*", given, re.ASCII | re.DOTALL):
        return given
    raise ValueError("must be a folder, s3://BUCKET/PREFIX or maildir:FOLDER")


def buckets(value: object) -> str:
    """`s3`, or a folder."""
    given = text(value)
    if ":" in given:
        raise ValueError("must be s3 or a folder: a trail names its bucket itself")
    return given


def networks(value: object) -> tuple[str, ...]:
    """Networks as CIDR blocks or addresses: a TOML list, or text with commas."""
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list | tuple):
        raise ValueError("must be a list of networks such as 10.0.0.0/8")
    try:
        return tuple(str(ipaddress.ip_network(str(entry).strip())) for entry in entries if entry != "")
    except ValueError as error:
        raise ValueError("must be networks such as 10.0.0.0/8, without host bits, set apart by commas") from error


_is_syslog = re.compile(r"syslog:(/.+|[^/:]+:\d{1,5}|\[[0-9A-Fa-f:]+\]:\d{1,5})").fullmatch


def sinks(value: object) -> tuple[str, ...]:
    """URLs, `syslog:HOST:PORT`, `syslog:PATH` or files: a TOML list, or text with commas."""
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list | tuple):
        raise ValueError("must be a list of places such as https://hooks.example.com/iam or ./findings.jsonl")
    found = tuple(str(entry).strip() for entry in entries if entry != "")
    for entry in found:
        known = _is_url(entry) if "://" in entry else not entry.startswith("syslog:") or _is_syslog(entry)
        if not known:
            raise ValueError("must be URLs, syslog:HOST:PORT, syslog:/dev/log or files")
    return found


_is_url = re.compile(r"https?://[!-~]+").fullmatch


def urls(value: object) -> tuple[str, ...]:
    """Addresses of the web: a TOML list, or text with commas."""
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list | tuple):
        raise ValueError("must be a list of URLs such as https://iam.example.com/saml")
    found = tuple(str(entry).strip() for entry in entries if entry != "")
    if not all(map(_is_url, found)):
        raise ValueError("must be URLs such as https://iam.example.com/saml, set apart by commas")
    return found


def url(value: object) -> str:
    """One address of the web."""
    found = text(value)
    if not _is_url(found):
        raise ValueError("must be a URL such as https://iam.example.com")
    return found


def control_plane(value: object) -> str:
    """The URL of another server: https, or http to this machine."""
    found = url(value).rstrip("/")
    parts = urlsplit(found)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("must be an https URL: what an edge node is told are secrets")
    if parts.username is not None or parts.query or parts.fragment or parts.path:
        raise ValueError("must be a URL such as https://iam.example.com, without path")
    return found


def staleness(value: object) -> float:
    """A time in seconds that is longer than an edge node takes to hear that nothing is new."""
    found = seconds(value)
    if found < 5:
        raise ValueError("must be at least 5 seconds: an edge node hears every two of its control plane")
    return found


_is_origin = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+/?").fullmatch


def upstreams(value: object) -> Mapping[str, str]:
    """Origins (scheme, host and port) by service: a table, or `SERVICE=URL` in a list or set apart by commas."""
    found = _by_service(value, "SERVICE=URL such as s3=http://127.0.0.1:9000 or *=http://127.0.0.1:5000")
    if not all(_is_origin(url) for url in found.values()):
        raise ValueError("must be services with URLs such as s3=http://127.0.0.1:9000, without path")
    return {name: url.rstrip("/") for name, url in found.items()}


def files(value: object) -> Mapping[str, Path]:
    """Paths by service: a table, or `SERVICE=FILE` in a list or set apart by commas."""
    return {name: path(text) for name, text in _by_service(value, "SERVICE=FILE such as s3=s3.pem").items()}


def credentials(value: object) -> Mapping[str, Credentials]:
    """Access keys by service: a table, or `SERVICE=KEY:SECRET` in a list or set apart by commas."""
    found = {name: text.partition(":") for name, text in _by_service(value, "SERVICE=KEY:SECRET").items()}
    if not all(key and secret for key, _, secret in found.values()):
        raise ValueError("must be services with access keys: SERVICE=KEY:SECRET")
    return {name: Credentials(key, secret) for name, (key, _, secret) in found.items()}


def service_keys(value: object) -> Mapping[str, Credentials]:
    """Access keys by service principal: a table, or `PRINCIPAL=KEY:SECRET` in a list or set apart by commas."""
    form = "must be service principals with access keys: sns.amazonaws.com=KEY:SECRET, each key once"
    if isinstance(value, str):
        value = [entry for entry in value.split(",") if entry.strip()]
    if isinstance(value, list | tuple):
        value = dict(str(entry).strip().partition("=")[::2] for entry in value)
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(form)
    found = {name: text.partition(":") for name, text in value.items()}
    if not all(_PRINCIPAL.fullmatch(name) and key and secret for name, (key, _, secret) in found.items()):
        raise ValueError(form)
    if len({key for key, _, _ in found.values()}) != len(found):
        raise ValueError(form)
    return {name: Credentials(key, secret) for name, (key, _, secret) in found.items()}


_PRINCIPAL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com")


def forward_access(value: object) -> Mapping[str, str]:
    """Service principals by service: a table, or `SERVICE=PRINCIPAL` in a list or set apart by commas."""
    found = _by_service(value, "SERVICE=PRINCIPAL such as athena=athena.amazonaws.com")
    if "*" in found or not all(map(_PRINCIPAL.fullmatch, found.values())):
        raise ValueError("must be services with their principals, such as athena=athena.amazonaws.com")
    return found


def accounts_told(value: object) -> Mapping[str, str]:
    """How upstreams are told accounts, by service: a table, or `SERVICE=WAY` in a list or set apart by commas."""
    found = _by_service(value, "SERVICE=access-key or SERVICE=moto")
    if not set(found.values()) <= {BY_KEY, BY_HEADER}:
        raise ValueError(f"must be SERVICE={BY_KEY} or SERVICE={BY_HEADER}")
    return found


def owners(value: object) -> Mapping[str, str]:
    """Accounts by patterns of ARNs: a table, or `ARN=ACCOUNT` in a list or set apart by commas."""
    form = "must be ARNs with accounts, such as arn:aws:s3:::shared-*=210987654321, each ARN once"
    if isinstance(value, str):
        value = [entry for entry in value.split(",") if entry.strip()]
    if isinstance(value, list | tuple):
        pairs = [str(entry).strip().rpartition("=") for entry in value]
        if len({arn for arn, _, _ in pairs}) != len(pairs):
            raise ValueError(form)
        value = {arn: account for arn, _, account in pairs}
    if not isinstance(value, dict) or not all(str(arn).startswith("arn:") for arn in value):
        raise ValueError(form)
    return {arn: account_id(account) for arn, account in value.items()}


def _by_service(value: object, form: str) -> dict[str, str]:
    if isinstance(value, str):
        value = [entry for entry in value.split(",") if entry.strip()]
    if isinstance(value, list | tuple):
        pairs = [str(entry).strip().partition("=") for entry in value]
        if not all(equals for _, equals, _ in pairs) or len({name for name, _, _ in pairs}) != len(pairs):
            raise ValueError(f"must be {form}, each service once")
        value = {name: text for name, _, text in pairs}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"must be {form}")
    unknown = [name for name in value if not is_service(name)]
    if unknown:
        raise ValueError("must name services as botocore does, such as s3 or dynamodb, or * for all others")
    return value


def metrics(value: object) -> str:
    """`off`, `public`, or HOST:PORT."""
    if value is False or (isinstance(value, str) and value.lower() in {"off", "public"}):
        return value.lower() if isinstance(value, str) else "off"
    try:
        host_port(text(value))
    except ValueError as error:
        raise ValueError("must be off, public, or HOST:PORT such as 127.0.0.1:9464") from error
    return text(value)


def host_port(value: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `[IPv6]:PORT`."""
    host, _, number = value.rpartition(":")
    return text(host.removeprefix("[").removesuffix("]")), port(number)


LOOPBACK = ("127.0.0.0/8", "::1/128")


def is_loopback(host: str) -> bool:
    """Whether a server on that address or name is reached from its own machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def custom_services(value: object) -> tuple[Service, ...]:
    """The services that a file describes."""
    file = path(value)
    try:
        return custom.read(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError("names a file that is not UTF-8 text") from error
    except BadServices as error:
        raise ValueError(f"names a file that is not right: {error}") from error
