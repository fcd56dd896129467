"""A disk that gets full; who may not mount one is told so."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import closing
from pathlib import Path

from chaos.disk import Disk


def test_a_disk_has_no_room_for_a_while(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    try:
        disk = Disk(folder, 1)
    except RuntimeError:
        assert not folder.exists() or not os.path.ismount(folder)
        return
    with closing(disk):
        (folder / "before").write_bytes(b"kept")
        filling = threading.Thread(target=disk.fill, args=(0.3,))
        filling.start()
        refused = [_refused(folder / "meanwhile") for _ in iter(filling.is_alive, False)]
        filling.join()
        assert any(refused)
        (folder / "after").write_bytes(b"x" * 500_000)
        assert (folder / "before").read_bytes() == b"kept"


def _refused(file: Path) -> bool:
    """Whether there is no room for some bytes more."""
    try:
        file.write_bytes(b"x" * 8192)
    except OSError as error:
        return error.errno == errno.ENOSPC
    finally:
        file.unlink()
    return False
