"""Build hook: put the reference data into every wheel, source distribution and editable install."""

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ReferenceData(BuildHookInterface):  # type: ignore[type-arg]  # a hook for every kind of build
    """Runs tools/build_reference.py before the files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the data unless they are current."""
        sys.path.insert(0, self.root)
        try:
            from tools import build_reference
        finally:
            sys.path.remove(self.root)
        if build_reference.build():
            self.app.display_info("reference data built")
