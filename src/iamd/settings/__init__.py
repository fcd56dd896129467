"""Settings: one frozen value from command-line flags, `IAMD_*` variables, one TOML file and defaults, in this order.

A setting that is unknown, mistyped or half-set refuses to start: `load` raises SettingsError, whose
message names the setting as it was given and says what to do. Every setting is a field of `Settings`;
`data_dir` is `--data-dir`, `IAMD_DATA_DIR` and `data_dir` in the file.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from iamd.gateway.modes import MODES
from iamd.gateway.upstreams import EVERYTHING, Credentials
from iamd.reference.entries import Service
from iamd.services.iam.quotas import Quotas
from iamd.services.throttle import Rates
from iamd.settings import readers
from iamd.store.postgresql.url import DatabaseUrl

PREFIX = "IAMD_"
CONFIG = "IAMD_CONFIG"

# Variables with our prefix that are no settings: what Kubernetes puts into the pods beside a service that is called
# `iamd` (IAMD_PORT=tcp://... among them), which form of the policy engine to import (iamd.policy.form), where the
# acceptance suites keep their clients, and which database tests are to run on.
_NOT_OURS = re.compile(
    r"IAMD_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?|ENGINE|CLIENTS_HOME|TEST_DATABASE)"
)
_SERVICE_LINK = re.compile(r"(tcp|udp|sctp)://")

# Where the data are: one answer. One given by a flag displaces others from the environment or the file. (Beside a
# database on a server there are files in `data_dir` still.)
_STORES = {
    "data_dir": ("in_memory",),
    "database": ("in_memory",),
    "in_memory": ("data_dir", "database", "read_database"),
}


class SettingsError(ValueError):
    """A setting is unknown, mistyped or half-set; the message says which and what to do."""


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return $XDG_DATA_HOME/iamd, by default ~/.local/share/iamd (XDG Base Directory Specification)."""
    home = environ.get("XDG_DATA_HOME", "")
    # The specification has relative paths ignored.
    base = Path(home) if home.startswith("/") else Path("~/.local/share").expanduser()
    return base / "iamd"


def _setting(read: Callable[[object], Any], default: Any, doc: str, *, secret: bool = False, many: bool = False) -> Any:
    metadata = {"read": read, "doc": doc, "many": many}
    if callable(default):
        return field(default_factory=default, repr=not secret, metadata=metadata)
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one server runs with. Times are in seconds, sizes in bytes. Secrets are not in the repr."""

    host: str = _setting(readers.text, "127.0.0.1", "Address to listen on.")
    port: int = _setting(readers.port, 4500, "Port to listen on; 0 takes a free one.")
    workers: int = _setting(
        readers.positive, 1, "Processes that take requests side by side, on Linux; one for each core that it may use."
    )
    tls_certificate: Path | None = _setting(
        readers.path, None, "File of the certificate with its chain, in PEM: the listener speaks TLS."
    )
    tls_key: Path | None = _setting(readers.path, None, "And of its key. Both are read again when they change.")
    data_dir: Path = _setting(readers.path, default_data_dir, "Folder of the database and the master key.")
    database: DatabaseUrl | None = _setting(
        readers.database,
        None,
        "PostgreSQL database to keep the records in, for several servers: postgresql://USER@HOST/NAME. A password in it is "
        "taken from IAMD_DATABASE and the file only.",
    )
    read_database: DatabaseUrl | None = _setting(
        readers.database,
        None,
        "Its hot standby, from which accounts, history and events are read where it is as far as the primary; as for "
        "`database`, with IAMD_READ_DATABASE.",
    )
    database_patience: float = _setting(
        readers.seconds, 300.0, "Time that requests are decided on what is in memory while that database is away."
    )
    record_bytes: int | None = _setting(
        readers.positive,
        None,
        "Memory for accounts' records; unless it is set, a quarter of the machine's or container's.",
    )
    edges: Path | None = _setting(
        readers.path, None, "File of the edge nodes that may follow this server, in TOML; read again when it changes."
    )
    control_plane: str | None = _setting(
        readers.control_plane, None, "URL of the server that this one is an edge node of, as for `iamd edge --from`."
    )
    edge_token: str | None = _setting(readers.text, None, "What that server knows this edge node by.", secret=True)
    max_staleness: float = _setting(
        readers.staleness, 300.0, "Time that an edge node decides without having heard of its control plane."
    )
    in_memory: bool = _setting(readers.boolean, False, "Keep everything in memory; allows POST /_iamd/reset.")
    master_key_file: Path | None = _setting(readers.path, None, "File of the key that seals secrets at rest.")
    region: str = _setting(readers.region, "us-east-1", "Region that the server says it is in.")
    account_id: str | None = _setting(readers.account_id, None, "Account made on the first start.")
    root_access_key_id: str | None = _setting(readers.access_key_id, None, "Root's access key on the first start.")
    root_secret_access_key: str | None = _setting(readers.secret_key, None, "And its secret.", secret=True)
    root_email: str | None = _setting(readers.email, None, "Root's sign-in name on the first start.")
    root_password: str | None = _setting(readers.password, None, "And its password.", secret=True)
    lockout_failures: int = _setting(readers.whole, 10, "Wrong passwords in a row that lock a user out; 0: never.")
    lockout_duration: float = _setting(readers.seconds, 900.0, "Time until a locked-out user may try again.")
    portal_session: float = _setting(readers.session, 28_800.0, "Time that people stay signed in at the access portal.")
    throttle: Rates | None = _setting(
        readers.rates,
        None,
        "Requests a second by account and operation: reads=20,writes=5,sts=600,forwarded=3500 or a part of it, or on; "
        "identity=NUMBER for each user and role.",
    )
    stranger_rate: int = _setting(
        readers.rate,
        20,
        "Requests a second that an address may make without proving who it is, five times as many at once; 0: any number.",
    )
    address_connections: int = _setting(
        readers.whole, 500, "Connections that an address may have open at a time, to each worker; 0: any number."
    )
    quotas: Quotas = _setting(
        readers.quotas, Quotas, "IAM's adjustable quotas, up to AWS's maxima: roles=5000,policies_per_role=25."
    )
    credential_endpoints: Path | None = _setting(
        readers.path, None, "File of the credential endpoints to serve, as for `iamd agent --config`."
    )
    report_schedule: str = _setting(
        readers.one_of("off", "daily", "weekly"), "off", "How often the credential reports of all accounts are written."
    )
    report_to: str | None = _setting(
        readers.destination, None, "Where to: a folder, s3://BUCKET/PREFIX, or maildir:FOLDER."
    )
    report_format: str = _setting(readers.one_of("csv", "json"), "csv", "And in which form.")
    history_days: int = _setting(
        readers.whole, 400, "Days back to which accounts can be asked about as they were; 0: for ever."
    )
    event_days: int = _setting(readers.whole, 0, "Days that events are kept in the database; 0: for ever.")
    trail_buckets: str | None = _setting(
        readers.buckets,
        None,
        "Where the buckets of trails and of results of queries are: s3, or a folder that has one for each.",
    )
    trail_interval: float = _setting(readers.seconds, 300.0, "How often log files are delivered.")
    trail_digest_interval: float = _setting(readers.seconds, 3600.0, "And the digests by which they are verified.")
    detections: bool = _setting(
        readers.boolean, True, "Look for suspicious events: `iamd findings` lists what is found."
    )
    findings_to: tuple[str, ...] = _setting(
        readers.sinks,
        (),
        "Where findings are told: URLs to post to, syslog:HOST:PORT, syslog:/dev/log, or files; may be repeated.",
        many=True,
    )
    trusted_proxies: tuple[str, ...] = _setting(
        readers.networks, (), "Networks whose X-Forwarded-For and X-Forwarded-Proto are believed."
    )
    sign_in_urls: tuple[str, ...] = _setting(
        readers.urls, (), "Sign-in endpoints that SAML responses may be addressed to besides AWS's and PUBLIC_URL/saml."
    )
    public_url: str | None = _setting(
        readers.url,
        None,
        "URL at which others reach this server: the issuer of outbound tokens and the access portal are below it.",
    )
    issuer_networks: tuple[str, ...] | None = _setting(
        readers.networks,
        None,
        "Networks besides the public internet where OpenID Connect issuers may be. Unless it is set: loopback, when the "
        "server itself listens there or keeps everything in memory; else none.",
    )
    upstream: Mapping[str, str] = _setting(
        readers.upstreams,
        dict,
        "Other services, decided here and forwarded: SERVICE=URL, or *=URL for all others; may be repeated.",
        many=True,
    )
    upstream_credentials: Mapping[str, Credentials] = _setting(
        readers.credentials, dict, "What they are signed with: SERVICE=KEY:SECRET.", secret=True
    )
    upstream_authorities: Mapping[str, Path] = _setting(
        readers.files,
        dict,
        "Files of the authorities (PEM) that their certificates must be of: SERVICE=FILE. Unless it is set, those that "
        "this machine trusts.",
    )
    upstream_certificate: Mapping[str, Path] = _setting(
        readers.files, dict, "Files of the certificates that they are shown, with the chain, in PEM: SERVICE=FILE."
    )
    upstream_key: Mapping[str, Path] = _setting(
        readers.files, dict, "And of their keys. All of these are read again when they change."
    )
    upstream_account: str | None = _setting(
        readers.account_id, None, "Account that owns the resources of the upstreams; by default the first."
    )
    upstream_owners: Mapping[str, str] = _setting(
        readers.owners,
        dict,
        "But for those whose ARNs match: ARN=ACCOUNT, such as arn:aws:s3:::shared-*=210987654321; may be repeated.",
        many=True,
    )
    upstream_accounts: Mapping[str, str] = _setting(
        readers.accounts_told,
        dict,
        "Upstreams that keep accounts apart, and how they are told whose a request is: SERVICE=access-key (its id is the "
        "account's, as LocalStack has it) or SERVICE=moto (moto's header).",
    )
    upstream_services: Mapping[str, Credentials] = _setting(
        readers.service_keys,
        dict,
        "Services that call others through the gateway, and their keys: sns.amazonaws.com=KEY:SECRET.",
        secret=True,
    )
    upstream_forward_access: Mapping[str, str] = _setting(
        readers.forward_access,
        dict,
        "Services that may act for their callers when they call others, with their principals, which are among "
        "`upstream_services`: athena=athena.amazonaws.com.",
    )
    upstream_cache: float = _setting(
        readers.seconds, 10.0, "Time that policies and tags read from upstreams are believed."
    )
    upstream_timeout: float = _setting(readers.seconds, 60.0, "Time an upstream may be silent.")
    upstream_body_bytes: int = _setting(
        readers.positive, 16 << 20, "Largest body of a forwarded request that must be understood; others are streamed."
    )
    gateway_mode: str = _setting(
        readers.one_of(*MODES),
        "enforce",
        "What of forwarded requests policies do not allow is refused (enforce), or passed on and recorded: log warns, too, "
        "learn does not. iamd's own APIs always enforce.",
    )
    custom_services: tuple[Service, ...] = _setting(
        readers.custom_services,
        (),
        "File of services of your own, in YAML: their actions, resources and condition keys.",
    )
    max_body_bytes: int = _setting(readers.positive, 1 << 20, "Largest request body.")
    max_header_bytes: int = _setting(readers.positive, 64 << 10, "Largest request line with headers.")
    request_timeout: float = _setting(readers.seconds, 30.0, "Time to send a request, and to take some of its answer.")
    shutdown_timeout: float = _setting(readers.seconds, 10.0, "Time for running requests when told to stop.")
    log_level: str = _setting(readers.one_of("debug", "info", "warning", "error"), "info", "Least level to log.")
    log_format: str = _setting(
        readers.one_of("auto", "text", "json"), "auto", "Form of the log; auto is text on a terminal, else JSON."
    )
    metrics: str = _setting(
        readers.metrics, "off", "Prometheus metrics: off, HOST:PORT of their own, or public (on this server)."
    )

    @property
    def metrics_listener(self) -> tuple[str, int] | None:
        """Host and port of the metrics' own listener; None when they are off or public."""
        return readers.host_port(self.metrics) if ":" in self.metrics else None

    @property
    def reachable_issuers(self) -> tuple[str, ...]:
        """The networks besides the public internet where issuers may be."""
        if self.issuer_networks is not None:
            return self.issuer_networks
        return readers.LOOPBACK if self.in_memory or readers.is_loopback(self.host) else ()


SETTINGS: Mapping[str, Field[Any]] = {item.name: item for item in fields(Settings)}
SECRETS = frozenset(name for name, item in SETTINGS.items() if not item.repr)  # never given as flags: `ps` shows those


def load(flags: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    `flags` hold what the command line gave, None for what it did not, and may name the file as
    `config`. `environ` is the process's own unless given. Raises SettingsError.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    environ = os.environ if environ is None else environ
    variables = _variables(environ)
    config = given.pop("config", None) or environ.get(CONFIG)
    layers = [
        _layer(_file(Path(str(config))) if config else {}, lambda name: f"`{name}` in {config}"),
        _layer(variables, lambda name: PREFIX + name.upper()),
        _layer(given, lambda name: "--" + name.replace("_", "-")),
    ]
    values: dict[str, Any] = {}
    for layer in layers:
        displaced = {other for name, others in _STORES.items() if layer.get(name) for other in others}
        values = {name: value for name, value in values.items() if name not in displaced} | layer
    _check_flags(layers[-1])
    _check_pairs(values)
    values.setdefault("data_dir", default_data_dir(environ))
    return Settings(**values)


def _variables(environ: Mapping[str, str]) -> dict[str, object]:
    """Return the variables that are settings, by setting."""
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX)
        and name != CONFIG
        and not _NOT_OURS.fullmatch(name)
        and not (name == "IAMD_PORT" and _SERVICE_LINK.match(value))
    }


def _file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from error


def _layer(values: Mapping[str, object], spelled: Callable[[str], str]) -> dict[str, Any]:
    """Return one source's values, read; `spelled` names a setting as this source spells it."""
    read: dict[str, Any] = {}
    for name, value in values.items():
        if name not in SETTINGS:
            close = difflib.get_close_matches(name, [*SETTINGS, "config"], n=1)
            hint = (
                f"did you mean {spelled(close[0])}?" if close else "remove it; `iamd serve --help` lists the settings"
            )
            raise SettingsError(f"{spelled(name)} is not a setting: {hint}")
        try:
            read[name] = SETTINGS[name].metadata["read"](value)
        except ValueError as error:
            raise SettingsError(f"{spelled(name)} {error}") from error
    for name in ("data_dir", "database"):
        if read.get(name) and read.get("in_memory"):
            raise SettingsError(f"{spelled(name)} and {spelled('in_memory')} exclude each other: keep one")
    return read


def _check_flags(given: Mapping[str, Any]) -> None:
    """Refuse secrets in flags."""
    for name in ("database", "read_database"):
        if name in given and given[name].has_password:
            raise SettingsError(
                f"--{name.replace('_', '-')} has a password, which everybody sees who lists the processes: set "
                f"{PREFIX}{name.upper()} instead, or leave the password to a file that PGPASSFILE names"
            )


def _check_pairs(values: Mapping[str, Any]) -> None:
    """Refuse settings that mean something only together with another one that is missing."""
    needs = [
        ("root_access_key_id", "root_secret_access_key"),
        ("root_secret_access_key", "root_access_key_id"),
        ("root_password", "root_email"),
        ("tls_certificate", "tls_key"),
        ("tls_key", "tls_certificate"),
        ("control_plane", "edge_token"),
        ("edge_token", "control_plane"),
        ("report_to", "report_schedule"),
        ("read_database", "database"),
    ]
    if values.get("database") is not None and values.get("master_key_file") is None:
        raise SettingsError(
            "`database` is set without `master_key_file`: all servers on it need the same key, in a file that you make "
            "once (head -c 32 /dev/urandom | base64 > master.key) and keep safe"
        )
    for name in ("database", "in_memory", "edges"):
        if values.get("control_plane") and values.get(name):
            raise SettingsError(f"`{name}` is not for an edge node, which has what its `control_plane` has: set either")
    if values.get("workers", 1) > 1 and values.get("control_plane"):
        raise SettingsError("`workers` cannot share the replica of an edge node: begin as many edge nodes instead")
    if values.get("workers", 1) > 1 and values.get("in_memory"):
        raise SettingsError("`workers` are several processes, and what is `in_memory` is one's: set either")
    if values.get("report_schedule", "off") != "off":
        needs.append(("report_schedule", "report_to"))
    for name, needed in needs:
        if name in values and needed not in values:
            raise SettingsError(f"`{name}` is set without `{needed}`: set both or neither")
    for name in ("upstream_authorities", "upstream_certificate", "upstream_key"):
        _check_identification(name, values)
    for principal in values.get("upstream_forward_access", {}).values():
        if principal not in values.get("upstream_services", {}):
            raise SettingsError(f"`upstream_forward_access` names {principal}, which has no key in `upstream_services`")


def _check_identification(name: str, values: Mapping[str, Any]) -> None:
    """Refuse files of TLS for upstreams that are none, or are reached in the clear, and half of a pair."""
    upstream, other = values.get("upstream", {}), {"upstream_certificate": "upstream_key"}
    other |= {key: certificate for certificate, key in other.items()}
    for service in values.get(name, {}):
        urls = upstream.values() if service == EVERYTHING else [upstream.get(service, "")]
        if not any(url.startswith("https:") for url in urls):
            raise SettingsError(f"`{name}` names {service}, which is no upstream with an https URL: see `upstream`")
        if name in other and service not in values.get(other[name], {}):
            raise SettingsError(f"`{name}` names {service}, which `{other[name]}` does not: set both or neither")
