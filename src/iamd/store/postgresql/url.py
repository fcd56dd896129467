"""Where a PostgreSQL database is."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

_SCHEMES = ("postgresql", "postgres")
_SECRET = frozenset({"password", "sslpassword", "oauth_client_secret"})


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A URL as libpq reads it. As text it is without passwords; `secret` is with them."""

    shown: str
    parameters: dict[str, str]
    has_password: bool
    secret: str = field(repr=False)

    def __str__(self) -> str:
        return self.shown


def parse(text: str) -> DatabaseUrl:
    """Read a URL; raises ValueError, which does not tell the password."""
    try:
        parts = urlsplit(text)
        query = parts.query.replace("+", "%2B")  # which is no space to libpq
        parameters = dict(parse_qsl(query, strict_parsing=bool(query)))
    except ValueError:
        raise ValueError("must be a URL like postgresql://user@host/database") from None
    if parts.scheme not in _SCHEMES or parts.fragment:
        raise ValueError("must be a URL like postgresql://user@host/database")
    # What libpq takes for a host is shown, and told in its errors.
    if parts.netloc.count("@") > 1 or (":" in parts.netloc and "@" in parts.path + parts.query):
        raise ValueError("must have / ? and @ of its password as %2F %3F and %40")
    user, hidden, host = _parted(parts.netloc)
    own = {name: value for name, value in parameters.items() if name not in _SECRET}
    query = "&".join(f"{name}={quote(value, safe='/')}" for name, value in own.items())
    shown = urlunsplit(("postgresql", f"{user}@{host}" if user else host, parts.path, query, ""))
    return DatabaseUrl(shown, own, hidden or len(own) < len(parameters), text)


def _parted(netloc: str) -> tuple[str, bool, str]:
    """User, whether there is a password, and hosts (there may be several, with ports)."""
    credentials, at, hosts = netloc.rpartition("@")
    user, colon, _ = credentials.partition(":")
    return user if at else "", bool(at and colon), hosts
