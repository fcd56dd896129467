"""moto's server as the upstream of a gateway: it answers for AWS's services and enforces nothing."""

from __future__ import annotations

import importlib.util
import os
import sys
from types import TracebackType
from typing import Any

from .process import Process, StartError, post
from .server import Server


class Moto:
    """A moto server in a process of its own, for the time of a `with` block. Needs `moto[server]`."""

    def __init__(self, seconds: float = 60) -> None:
        self._seconds = seconds
        self._process: Process | None = None
        self.url = ""

    def __enter__(self) -> Moto:
        """Start it; raises StartError."""
        if importlib.util.find_spec("moto") is None:
            raise StartError("moto is not installed: pip install 'moto[server]', or name another upstream")
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._process = Process(command, r"Running on (http://127\.0\.0\.1:[1-9]\d*)", environ, self._seconds)
        self.url = self._process.address
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            self._process.stop()

    def behind(self, **settings: Any) -> Server:
        """A server with this moto behind it, which keeps accounts apart; `settings` are the server's."""
        return Server({"*": self.url}, **{"upstream_accounts": "*=moto", **settings})

    def reset(self) -> None:
        """Forget every resource."""
        post(f"{self.url}/moto-api/reset")
