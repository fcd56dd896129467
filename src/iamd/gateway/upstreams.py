"""Where requests go: upstreams by service, and the credentials to sign with there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iamd.gateway.directory import Service, by_signing_name, services
from iamd.gateway.origins import Identification, Origin
from iamd.wire.tls_files import TlsFiles

EVERYTHING = "*"
_EXPLICIT = frozenset({"s3control"})
"""Served only when they are named: an upstream for everything might take their paths for another service's."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What requests to an upstream are signed with."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


BY_KEY, BY_HEADER = "access-key", "moto"
"""How an upstream that keeps accounts apart is told whose a request is: by an access key's id that is the account's, as
LocalStack takes it, or by moto's header."""

ANYONE = Credentials("iamd", "iamd")
"""For upstreams that do not check signatures."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One upstream: where it is, what to sign with, and how it is told accounts, if it knows any."""

    origin: Origin
    credentials: Credentials
    told: str = ""


class Upstreams:
    """Upstreams by the name of a service, or `*` for all others. Raises BadCertificate."""

    def __init__(
        self,
        urls: Mapping[str, str],
        credentials: Mapping[str, Credentials] | None = None,
        told: Mapping[str, str] | None = None,
        identified: Mapping[str, Identification] | None = None,
    ) -> None:
        keys, ways = credentials or {}, told or {}
        origins = _origins(urls, identified or {})
        self._by_name = {
            name: Upstream(
                origins[name], keys.get(name, keys.get(EVERYTHING, ANYONE)), ways.get(name, ways.get(EVERYTHING, ""))
            )
            for name in urls
        }

    def __bool__(self) -> bool:
        return bool(self._by_name)

    @property
    def tls_files(self) -> Sequence[TlsFiles]:
        """The files of their TLS, which may be renewed."""
        found = (upstream.origin.files for upstream in self._by_name.values())
        return tuple({files for files in found if files is not None})

    def of(self, service: Service) -> Upstream | None:
        """The upstream of a service: by botocore's name, by the name in credential scopes, else that for all."""
        if service.name in _EXPLICIT:
            return self._by_name.get(service.name)
        by_name = self._by_name
        return by_name.get(service.name) or by_name.get(service.signing) or by_name.get(EVERYTHING)


def _origins(urls: Mapping[str, str], identified: Mapping[str, Identification]) -> dict[str, Origin]:
    """Where the upstreams are, by name; one and the same for those that are connected to alike."""
    alike: dict[tuple[str, Identification], Origin] = {}
    files: dict[Identification, TlsFiles | None] = {}
    usual, found = Identification(), {}
    for name, url in urls.items():
        by = identified.get(name, usual) if url.startswith("https:") else usual
        if by not in files:
            files[by] = by.files()
        found[name] = alike.setdefault((url, by), Origin(url, files[by]))
    return found


def is_service(name: str) -> bool:
    """Whether an upstream can be named so."""
    return name == EVERYTHING or name in services() or name in by_signing_name()
