"""Proof under faults: real servers, killed and stopped while clients write and ask, and a checker of what they saw.

`python -m chaos --help` says how; docs/reliability.md what it proves.
"""
