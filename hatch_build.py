"""Build hook: reference data and console into every distribution, the compiled engine into wheels and editable installs.

An editable install takes the console as it is: it is built by itself, while other work goes on.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Parts(BuildHookInterface):  # type: ignore[type-arg]  # a hook for every kind of build
    """Runs tools/build_reference.py, build_console.py and build_native.py before the files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is not current.

        The engine stays plain Python without a C compiler, and where compiling fails unless IAMD_BUILD_STRICT is set.
        """
        sys.path.insert(0, self.root)
        try:
            from tools import build_console, build_native, build_reference
        finally:
            sys.path.remove(self.root)
        if build_reference.build():
            self.app.display_info("reference data built")
        if version != "editable":
            self._build_console(build_console)
        if self.target_name != "wheel":
            return
        try:
            package = build_native.build(Path(self.root) / "build" / "engine")
        except Exception as error:
            if "IAMD_BUILD_STRICT" in os.environ and not isinstance(error, build_native.Unavailable):
                raise
            self.app.display_warning(f"the engine is not compiled: {error}")
            return
        if version == "editable":
            build_data["force_include_editable"] = {str(package): build_native.PACKAGE}
        else:
            build_data["force_include"][str(package)] = build_native.PACKAGE
            build_data["infer_tag"] = True
            build_data["pure_python"] = False

    def _build_console(self, build_console: Any) -> None:
        """Without Node.js the distribution has no console, unless IAMD_BUILD_STRICT is set."""
        try:
            if build_console.build():
                self.app.display_info("console built")
        except build_console.Unavailable as error:
            if "IAMD_BUILD_STRICT" in os.environ:
                raise
            self.app.display_warning(f"the console is not built: it {error}")
