"""What the gateway does with requests that policies do not allow."""

from typing import Final

ENFORCE: Final = "enforce"
LOG: Final = "log"
LEARN: Final = "learn"
MODES = (ENFORCE, LOG, LEARN)
