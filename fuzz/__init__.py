"""Requests made from the service models, most of them wrong somewhere, at a real server: `python -m fuzz --help`."""
