"""iamd for tests: servers that live as long as a `with` block, and fixtures of pytest (`iamd.testing.plugin`).

Nothing is imported but the standard library until a client is asked for; the server is a process of its own.
"""

from .accounts import Account
from .identities import Credentials, Identity
from .moto import Moto
from .process import StartError
from .server import Server

__all__ = ["Account", "Credentials", "Identity", "Moto", "Server", "StartError"]
