"""What the gateway does with requests that policies do not allow."""

ENFORCE, LOG, LEARN = MODES = ("enforce", "log", "learn")
