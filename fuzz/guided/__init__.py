"""Readers of what strangers send, fed with bytes that coverage chooses: `python -m fuzz.guided --help`."""
