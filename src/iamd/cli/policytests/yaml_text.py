"""YAML as test files use it: mappings, lists and texts, with their lines.

What YAML would take for a number, a date or a Boolean stays the text that it is: account ids keep their zeros, and
`Version: 2012-10-17` is no date. Nothing is constructed, so no tag can do anything. Aliases are refused, since a few
lines of them can stand for gigabytes; policies and principals have names to be used again by.
"""

from __future__ import annotations

from typing import Any

import yaml

_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_NULL = "tag:yaml.org,2002:null"


class BadFile(ValueError):
    """The file is no test file; `line` is where (from 1)."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Table(dict[str, Any]):
    """A mapping; `line` is its own, `lines` are those of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise BadFile("aliases are not taken: give the thing a name", event.start_mark.line + 1)
        return super().compose_node(parent, index)


def read(text: str) -> Any:
    """The value of a YAML text: Table, list, str, or None for nothing; raises BadFile."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _value(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise BadFile(f"no YAML: {reason}", mark.line + 1 if mark else 1) from None
    except RecursionError:
        raise BadFile("nested too deeply", 1) from None
    finally:
        loader.dispose()


def _value(node: yaml.Node) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        table = Table(line)
        for key_node, value_node in node.value:
            key = _value(key_node)
            if not isinstance(key, str):
                raise BadFile("a key must be a text", key_node.start_mark.line + 1)
            if key in table:
                raise BadFile(f"`{key}` is there twice", key_node.start_mark.line + 1)
            table[key] = _value(value_node)
            table.lines[key] = key_node.start_mark.line + 1
        return table
    if node.tag not in _TAGS:
        raise BadFile(f"unknown tag `{node.tag}`", line)
    return None if node.tag == _NULL else str(node.value)
