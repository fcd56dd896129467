"""One target under atheris, in a process of its own:
`python -m fuzz.guided.one TARGET FAULTS [libFuzzer's flags and folders]`; what fails is written to the folder FAULTS.

The plain form of the engine is what can be looked into; modules are instrumented as they are imported.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import atheris


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    os.environ["IAMD_ENGINE"] = "pure"
    name, faults = sys.argv.pop(1), Path(sys.argv.pop(1))
    with atheris.instrument_imports(include=["iamd", "jmespath", "shlex"], enable_loader_override=False):
        target = import_module("fuzz.guided.catalogue").catalogue()[name]

    def feed(data: bytes) -> None:
        try:
            target.answer(data)
        except BaseException:  # libFuzzer does not always come to write it
            (faults / sha256(data).hexdigest()[:12]).write_bytes(data)
            raise

    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
