"""`iamd serve --workers`: a process that takes no requests itself begins the workers, ends them, and replaces those that
end by themselves.

Each worker has a listening socket of its own at the one address, among which the kernel spreads connections. They are
made here and stay open here, so that what comes in while a worker is replaced waits for the next one.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import NoReturn

import uvloop

from iamd.agent.config import ConfigError
from iamd.server.edges import BadEdges
from iamd.server.listening import bind_alike
from iamd.server.logs import configure_logs
from iamd.server.telemetry import log
from iamd.server.worker import Shared, Worker, shared
from iamd.serving import Server, announcement, logs_as_json, serve
from iamd.settings import Settings
from iamd.store import StoreError
from iamd.wire.tls_files import BadCertificate

FIRST_PAUSE = 0.1  # seconds until a worker is replaced; twice as long each time that it did not last
LONGEST_PAUSE = 10.0
LASTS = 10.0  # seconds after which a worker is one that runs
_TO_CLOSE = 10.0  # seconds that a worker gets to write what is pending, behind its running requests

_TOLD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_READY, _FAILED = b"+", b"!"


class NotServing(Exception):
    """A worker could not begin; the message says why."""


@dataclass(slots=True)
class _Child:
    index: int
    began: float
    said: int | None  # the pipe in which it says that it is ready, until it does


class Supervisor:
    """Runs the workers of one server, on Linux."""

    def __init__(self, settings: Settings, shared: Shared) -> None:
        self._settings = settings
        self._shared = shared
        self._sockets = bind_alike(settings.host, settings.port, settings.workers)
        self._life = os.pipe()  # its end tells workers that this process has ended, however it did
        self._children: dict[int, _Child] = {}
        self._due: dict[int, float] = {0: 0.0}  # workers to begin, and when; the first one makes what there is to make
        self._pauses = dict.fromkeys(range(settings.workers), FIRST_PAUSE)
        self._banner: bytes | None = None
        self._announced = False
        self._deadline: float | None = None  # until when workers have to stop
        self._failure: str | None = None
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Until told to stop; raises NotServing when a worker cannot begin before all have."""
        with self._signals() as wakeup:
            while self._children or (self._due and self._deadline is None):
                self._begin_due()
                self._wait(wakeup)
        if self._failure is not None:
            raise NotServing(self._failure)

    @contextmanager
    def _signals(self) -> Iterator[int]:
        """Signals are read from a pipe, so that none comes between two lines."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        told = [each for each in _TOLD if each != signal.SIGHUP or self._settings.tls_certificate is not None]
        before = {each: signal.signal(each, _noted) for each in told}
        signal.set_wakeup_fd(writing)
        self._selector.register(reading, selectors.EVENT_READ)
        try:
            yield reading
        finally:
            signal.set_wakeup_fd(-1)
            for each, handler in before.items():
                signal.signal(each, handler)
            self._selector.close()
            for end in (reading, writing, *self._life):
                os.close(end)

    def _wait(self, wakeup: int) -> None:
        times = self._due.values() if self._deadline is None else (self._deadline,)
        timeout = max(0.0, min(times) - monotonic()) if times else None
        for key, _ in self._selector.select(timeout):
            if key.fd == wakeup:
                self._heed(os.read(wakeup, 512))
            elif key.fd in self._selector.get_map():  # or its worker has just ended
                self._hear(key.fd)
        if self._deadline is not None and monotonic() >= self._deadline:
            log.error("workers did not stop in time", workers=sorted(each.index for each in self._children.values()))
            self._tell(signal.SIGKILL)
            self._deadline = monotonic() + _TO_CLOSE

    def _heed(self, signals: bytes) -> None:
        for number in signals:
            if number == signal.SIGCHLD:
                self._reap()
            elif number == signal.SIGHUP:
                self._tell(signal.SIGHUP)
            else:
                self._stop()

    def _stop(self) -> None:
        if self._deadline is None:
            self._deadline = monotonic() + self._settings.shutdown_timeout + _TO_CLOSE
            for sock in self._sockets:  # what nobody accepts shall be refused, and not wait
                sock.close()
        self._tell(signal.SIGTERM)

    def _tell(self, number: signal.Signals) -> None:
        for process in self._children:
            os.kill(process, number)  # it is there until it is reaped

    def _reap(self) -> None:
        while self._children:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            child = self._children.pop(process, None)
            if child is not None:
                self._ended(child, os.waitstatus_to_exitcode(status))

    def _ended(self, child: _Child, code: int) -> None:
        self._shared.serving.set(child.index, False)
        if child.said is not None:
            self._hear(child.said, child)
        if self._deadline is not None:
            return
        if not self._announced:
            self._failure = self._failure or f"a worker ended before it was ready ({code})"
            self._stop()
            return
        pause = FIRST_PAUSE if monotonic() - child.began > LASTS else self._pauses[child.index]
        self._pauses[child.index] = min(2 * pause, LONGEST_PAUSE)
        self._due[child.index] = monotonic() + pause
        log.error("a worker ended and is replaced", worker=child.index, code=code, seconds=pause)

    def _begin_due(self) -> None:
        if self._deadline is None:
            for index in [index for index, due in self._due.items() if due <= monotonic()]:
                del self._due[index]
                self._begin(index)

    def _begin(self, index: int) -> None:
        said, say = os.pipe()
        gc.freeze()  # what the workers have in common stays common
        signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)
        try:
            process = os.fork()
            if process == 0:
                self._become(index, say)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
        os.close(say)
        self._children[process] = _Child(index, monotonic(), said)
        self._selector.register(said, selectors.EVENT_READ)

    def _become(self, index: int, say: int) -> NoReturn:
        """Be a worker, in the process that was just forked."""
        os.close(self._life[1])
        for other, sock in enumerate(self._sockets):
            if other != index:
                sock.close()
        _work(self._settings, Worker(index, self._sockets[index], self._shared, self._life[0]), say)

    def _hear(self, said: int, ended: _Child | None = None) -> None:
        """A worker said that it is ready, or why it cannot be, or nothing at its end."""
        child = ended or next(each for each in self._children.values() if each.said == said)
        child.said = None
        self._selector.unregister(said)
        with open(said, "rb") as pipe:
            text = pipe.read()
        if text.startswith(_FAILED):
            if self._announced:
                log.error("a worker cannot begin", worker=child.index, error=text[1:].decode())
            else:
                self._failure = self._failure or text[1:].decode()
        elif text.startswith(_READY):
            self._ready(child.index, text[1:])

    def _ready(self, index: int, banner: bytes) -> None:
        if self._banner is None:
            self._banner = banner
            self._due.update(dict.fromkeys(range(1, self._settings.workers), 0.0))
        if not self._announced and not self._due and all(child.said is None for child in self._children.values()):
            self._announced = True
            sys.stdout.buffer.write(self._banner + b"\n")
            sys.stdout.flush()


def _noted(number: int, frame: FrameType | None) -> None:
    """The wake-up pipe tells of it."""


def _work(settings: Settings, worker: Worker, say: int) -> NoReturn:
    """Serve in a process of its own, until it ends."""
    code, pipe = 1, FileIO(say, "wb")
    try:
        signal.set_wakeup_fd(-1)
        for number in _TOLD:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)

        def announce(server: Server, endpoint: str) -> None:
            with pipe:
                pipe.write(_READY + announcement(settings, server, endpoint).encode())

        uvloop.run(serve(settings, announce, worker))
        code = 0
    except (StoreError, ConfigError, BadCertificate, BadEdges, OSError) as error:
        _complain(pipe, str(error))
    except Exception as error:
        log.error("a worker failed", worker=worker.index, exc_info=True)
        _complain(pipe, f"a worker failed: {error!r}")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _complain(pipe: FileIO, reason: str) -> None:
    """Say why a worker cannot begin; to nobody, when it was ready before."""
    if pipe.closed:
        log.error("a worker ends", reason=reason)
    else:
        pipe.write(_FAILED + reason.encode())


def run(settings: Settings) -> None:
    """Serve in the foreground with as many workers as the settings say. Raises OSError when the address cannot be
    listened on, and NotServing."""
    as_json = logs_as_json(settings)
    configure_logs(settings.log_level, as_json)
    with tempfile.TemporaryDirectory(prefix="iamd-") as folder:
        Supervisor(settings, shared(settings.workers, settings.throttle, settings.stranger_rate, Path(folder))).run()
    if as_json:
        log.info("stopped")
