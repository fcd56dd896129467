"""Sockets to listen on, and the URLs of them."""

from __future__ import annotations

import socket


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket at an address of this machine; raises OSError, saying where."""
    return _bound(host, port, shared=False)


def bind_alike(host: str, port: int, number: int) -> list[socket.socket]:
    """As many sockets at one address, among which the kernel spreads connections; raises OSError, also where another
    process listens."""
    bind(host, port).close()  # what follows would share the address with another server of ours
    first = _bound(host, port, shared=True)
    return [first, *(_bound(host, first.getsockname()[1], shared=True) for _ in range(number - 1))]


def endpoint_url(host: str, port: int, secure: bool = False) -> str:
    """The URL that clients on this machine use."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{'https' if secure else 'http'}://{shown}:{port}"


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # or asyncio leaves Nagle on
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    return sock
