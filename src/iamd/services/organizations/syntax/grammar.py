"""The grammar in which the elements of policies are told that are merged into effective ones.

A document is a tree of groups with settings at its ends, which operators set:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from iamd.services.organizations.inheritance import ASSIGN, LIMIT, OPERATORS

Check = Callable[[str], bool]


def anything(_: str) -> bool:
    return True


def one_of(*values: str) -> Check:
    return frozenset(values).__contains__


def like(pattern: str) -> Check:
    """Texts that match a regular expression from end to end."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: compiled.fullmatch(value) is not None


def length(least: int, most: int) -> Check:
    return lambda value: least <= len(value) <= most


def integer(least: int, most: int) -> Check:
    """Whole numbers, written without blanks or needless zeroes (`60.0` is none, seen of live AWS)."""
    return lambda value: re.fullmatch("-?[0-9]{1,16}", value) is not None and least <= int(value) <= most


@dataclass(frozen=True, slots=True)
class Value:
    """A setting of one value that passes a check: only `@@assign` sets it."""

    accepts: Check = anything


@dataclass(frozen=True, slots=True)
class Values:
    """A setting that is a list of values that pass a check, between `least` and `most` of them with every operator."""

    accepts: Check = anything
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """An element with others in it: the `named` ones, of which some are `required`, and others whose names the policy's
    author chooses so that they pass the check `names`, between `least` and `most` of them. `holds` says, given the
    group's own name and its content, whether what depends on several of its elements is right."""

    named: Mapping[str, Element] = field(default_factory=dict)
    others: Element | None = None
    names: Check = anything
    required: frozenset[str] = frozenset()
    least: int = 0
    most: int | None = None
    holds: Callable[[str, Mapping[str, Any]], bool] = lambda name, content: True


Element = Value | Values | Group


def text(value: Any) -> str | None:
    """A value as a text, into which AWS turns numbers, truth values and null; None for a list or an object."""
    if isinstance(value, str):
        return value
    return None if isinstance(value, list | dict) else json.dumps(value)


def assigned(node: Any, name: str) -> str | None:
    """What a group assigns to one of its settings of one value, as a text; None when nothing."""
    setting = node.get(name) if isinstance(node, dict) else None
    return text(setting[ASSIGN]) if isinstance(setting, dict) and ASSIGN in setting else None


def fits(element: Element, node: Mapping[str, Any], name: str = "", fold: Callable[[str], str] = str) -> bool:
    """Whether a part of a well-formed document is such an element; `fold` makes names that mean the same equal."""
    match element:
        case Group():
            return _is_group(element, node, name, fold)
        case Value():
            return node.keys() <= {ASSIGN, LIMIT} and (ASSIGN not in node or _passes(element.accepts, node[ASSIGN]))
        case Values():
            given = [node[operator] for operator in OPERATORS if operator in node]
            return node.keys() <= {*OPERATORS, LIMIT} and all(_is_list(element, value) for value in given)


def _passes(accepts: Check, value: Any) -> bool:
    as_text = text(value)
    return as_text is not None and accepts(as_text)


def _is_list(element: Values, value: Any) -> bool:
    if not isinstance(value, list) or not _is_between(len(value), element.least, element.most):
        return False
    return all(_passes(element.accepts, each) for each in value)


def _is_between(count: int, least: int, most: int | None) -> bool:
    return least <= count and (most is None or count <= most)


def _is_group(group: Group, node: Mapping[str, Any], name: str, fold: Callable[[str], str]) -> bool:
    names = [each for each in node if each != LIMIT]
    folded = {fold(each): each for each in names}
    chosen = [each for means, each in folded.items() if means not in group.named]
    if len(folded) < len(names) or not group.required <= folded.keys() or any(each in OPERATORS for each in names):
        return False
    if not _is_between(len(chosen), group.least, group.most):
        return False
    for means, each in folded.items():
        element = group.named.get(means, group.others)
        if element is None or (means not in group.named and not group.names(each)):
            return False
        if not fits(element, node[each], each, fold):
            return False
    return group.holds(name, node)
