"""What can happen to the way between two programs, on one that says everything again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from chaos.link import Link
from tests.chaos.echo import echo

_SOCKET = ".s.PGSQL.5432"


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Link]:
    far = tmp_path / "far"
    far.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(far / _SOCKET))
        listening.listen()
        echo(listening)
        made = Link(tmp_path / "near", far)
        try:
            yield made
        finally:
            made.close()


def joined(link: Link) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(20)
    made.connect(str(link.folder / _SOCKET))
    return made


def test_what_is_held_back_comes_later_and_what_is_cut_never(link: Link) -> None:
    with closing(joined(link)) as near:
        near.sendall(b"one")
        assert near.recv(100) == b"one"
        stalled = threading.Thread(target=link.stall, args=(0.3, "back"))
        link.slow(0.0, 0.0)  # the link's own thread has done all before
        stalled.start()
        stalled.join()
        near.sendall(b"two")
        assert near.recv(100) == b"two"
        link.cut(0.0)
        with suppress(ConnectionError):
            assert near.recv(100) == b""
    with closing(joined(link)) as again:
        again.sendall(b"three")
        assert again.recv(100) == b"three"


def test_nothing_passes_while_it_is_stalled(link: Link) -> None:
    with closing(joined(link)) as near:
        near.sendall(b"one")
        assert near.recv(100) == b"one"
        link._passing["back"].clear()
        near.sendall(b"two")
        near.settimeout(0.2)
        with pytest.raises(TimeoutError):
            near.recv(100)
        link.stall(0.0, "back")
        near.settimeout(20)
        assert near.recv(100) == b"two"


def test_both_ends_hear_that_the_other_one_will_say_no_more(link: Link) -> None:
    with closing(joined(link)) as near:
        near.sendall(b"one")
        assert near.recv(100) == b"one"
        link.half_close()
        assert near.recv(100) == b""
        near.sendall(b"two")  # goes nowhere, and the link goes on
    with closing(joined(link)) as again:
        again.sendall(b"three")
        assert again.recv(100) == b"three"
