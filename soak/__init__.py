"""Proof over time: a server under mixed load must not grow. `python -m soak --help` says how."""
