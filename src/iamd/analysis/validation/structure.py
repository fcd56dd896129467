"""Checks of a policy's form: elements, their JSON types, versions, effects, Sids, empty lists."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.near import nearest
from iamd.analysis.validation.subject import IDENTITY_KINDS, Condition, Statement, Subject
from iamd.analysis.validation.tree import Node
from iamd.policy import Kind
from iamd.policy.document import FIRST_VERSION, LATEST_VERSION

_TOP = {"Version": ("string",), "Id": ("string",), "Statement": ("object", "array")}
_LIST = ("string", "array")
_ELEMENTS = {
    "Sid": ("string",),
    "Effect": ("string",),
    "Principal": (*_LIST, "object"),
    "NotPrincipal": (*_LIST, "object"),
    "Action": _LIST,
    "NotAction": _LIST,
    "Resource": _LIST,
    "NotResource": _LIST,
    "Condition": ("object",),
}
_VALUES = ("string", "number", "boolean")
_UNIQUE_SIDS = IDENTITY_KINDS | {Kind.TRUST}


def elements(policy: Subject) -> Iterator[Note]:
    """Elements that the grammar has not, or has with values of another type."""
    yield from _members(policy.root, _TOP)
    element = policy.root.members.get("Statement")
    for node in [] if element is None or element.kind not in ("object", "array") else element.each():
        if node.kind != "object":
            yield _mismatch(node, "an object")
            continue
        yield from _members(node, _ELEMENTS)
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            yield from _strings(node.members.get(name))
        yield from _blocks(node.members.get("Condition"))


def _members(node: Node, known: dict[str, tuple[str, ...]]) -> Iterator[Note]:
    for name, value in node.members.items():
        if name not in known:
            yield note("INVALID_POLICY_ELEMENT", node.keys[name], element=name, suggestion=nearest(name, known))
        elif value.kind not in known[name]:
            yield _mismatch(value, " or ".join(f"{'an' if kind[0] in 'ao' else 'a'} {kind}" for kind in known[name]))


def _strings(element: Node | None) -> Iterator[Note]:
    for item in [] if element is None or element.kind != "array" else element.items:
        if item.kind != "string":
            yield _mismatch(item, "a string")


def _blocks(condition: Node | None) -> Iterator[Note]:
    for keys in {} if condition is None else condition.members.values():
        if keys.kind != "object":
            yield _mismatch(keys, "an object")
        for value in keys.members.values():
            for item in value.each():
                if item.kind not in _VALUES:
                    yield _mismatch(item, "a string, number or Boolean")


def _mismatch(node: Node, expected: str) -> Note:
    return note("DATA_TYPE_MISMATCH", node, expected=expected, actual=node.kind)


def no_object(root: Node) -> Note:
    """What is said of a document that is JSON, but no object."""
    return _mismatch(root, "an object")


def version(policy: Subject) -> Iterator[Note]:
    written = policy.root.members.get("Version")
    if written is None:
        yield note("MISSING_VERSION", policy.root)
    elif written.kind == "string" and written.text not in (FIRST_VERSION, LATEST_VERSION):
        yield note("INVALID_VERSION", written, version=written.text)


def statements(policy: Subject) -> Iterator[Note]:
    element = policy.root.members.get("Statement")
    if element is None or (element.kind == "array" and not element.items):
        yield note("MISSING_STATEMENT", policy.root if element is None else element)


def sids(policy: Subject) -> Iterator[Note]:
    """Sids that are empty, of other characters, or used again."""
    first: dict[str, Node] = {}
    plain = policy.kind in _UNIQUE_SIDS or policy.kind in (Kind.SCP, Kind.RCP)
    for statement in policy.statements:
        sid = statement.node.members.get("Sid")
        if sid is None or sid.kind != "string":
            continue
        if not sid.text:
            yield note("EMPTY_SID_VALUE", sid)
        elif plain and not (sid.text.isascii() and sid.text.isalnum()):
            yield note("UNSUPPORTED_SID", sid)
        if sid.text and sid.text in first:
            code = "UNIQUE_SIDS_REQUIRED" if policy.kind in _UNIQUE_SIDS else "UNIQUE_SIDS_RECOMMENDED"
            yield note(code, first[sid.text], sid, sid=sid.text)
        first.setdefault(sid.text, sid)


def effect(policy: Subject, statement: Statement) -> Iterator[Note]:
    written = statement.node.members.get("Effect")
    if written is None:
        yield note("MISSING_EFFECT", statement.node)
    elif written.kind == "string" and written.text not in ("Allow", "Deny"):
        yield note("INVALID_EFFECT", written, effect=written.text)


def presence(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Elements that a statement must have, and those that exclude each other."""
    if statement.action is None:
        yield note("MISSING_ACTION", statement.node)
    if statement.resource is None and not policy.is_trust:
        yield note("MISSING_RESOURCE", statement.node)
    for element in ("Action", "Resource", "Principal"):
        both = [statement.node.keys[name] for name in (element, "Not" + element) if name in statement.node.keys]
        if len(both) > 1:
            yield note("UNSUPPORTED_ELEMENT_COMBINATION", *both, element=element)


def empty_lists(policy: Subject, statement: Statement) -> Iterator[Note]:
    for element, code in ((statement.action, "EMPTY_ARRAY_ACTION"), (statement.resource, "EMPTY_ARRAY_RESOURCE")):
        if _is_empty(element):
            yield note(code, element)  # type: ignore[arg-type]
    who = statement.principal
    if who is not None and who.kind == "object":
        if not who.members:
            yield note("EMPTY_OBJECT_PRINCIPAL", who)
        for value in filter(_is_empty, who.members.values()):
            yield note("EMPTY_ARRAY_PRINCIPAL", value)
    block = statement.node.members.get("Condition")
    if block is not None and block.kind == "object" and not block.members:
        yield note("EMPTY_OBJECT_CONDITION", block)


def _is_empty(element: Node | None) -> bool:
    return element is not None and element.kind == "array" and not element.items


def empty_values(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    if not _is_empty(condition.value):
        return
    name = condition.name
    suffix = ""
    if name is not None:
        suffix = {"ForAllValues:": "_FORALLVALUES", "ForAnyValue:": "_FORANYVALUE"}.get(
            name.qualifier, "_IFEXISTS" if name.if_exists else ""
        )
    yield note(f"EMPTY_ARRAY_CONDITION{suffix}", condition.value, key=condition.key.text)
