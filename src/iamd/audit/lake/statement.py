"""Which event data stores a query names. Their ids are its tables, written without quotation marks as on AWS.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-limitations.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TOKEN = re.compile(
    rf"""(?P<skipped>'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/)   # texts and comments
    |"(?P<quoted>(?:[^"]|"")*)"
    |(?P<bare>(?<![\w-]){_ID}(?![\w-]))
    |(?P<word>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_is_id = re.compile(_ID, re.IGNORECASE | re.ASCII).fullmatch
# What DuckDB tells of itself, and queries that are made while the query runs.
_OF_THE_ENGINE = re.compile(r"duckdb_\w*|pragma_\w*|current_setting|query|query_table", re.IGNORECASE | re.ASCII)


class NotAllowed(Exception):
    """A statement names what it may not; the message says what."""


def stores(statement: str) -> list[str]:
    """The ids of the event data stores that a statement names, each once."""
    return list(dict.fromkeys(found.lower() for found in _named(statement)))


def _named(statement: str) -> Iterator[str]:
    for token in _TOKEN.finditer(statement):
        found = token["bare"] or token["quoted"]
        if found and _is_id(found):
            yield found


def executable(statement: str) -> str:
    """The statement with the ids in quotation marks. Raises NotAllowed for a name of the engine's own."""

    def quoted(token: re.Match[str]) -> str:
        name = token["quoted"] or token["word"]
        if name and _OF_THE_ENGINE.fullmatch(name):
            raise NotAllowed(f"{name} is not allowed in a query")
        return token[0] if token["bare"] is None else f'"{token["bare"].lower()}"'

    return _TOKEN.sub(quoted, statement)
