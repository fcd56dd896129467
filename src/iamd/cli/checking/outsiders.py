"""Who from outside gets in by policies of resources: many at once, on all processors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any

from iamd.analysis.external import Grant, Zone, grants
from iamd.analysis.symbolic import Witness
from iamd.cli.checking.sources import Source
from iamd.cli.checking.verdict import Finding, Verdict
from iamd.cli.policytests.run import usable_processors
from iamd.cli.progress import progress
from iamd.policy import Document, Kind, Principal, Request
from iamd.policy.parse import read_document

# Documents and requests of the compiled engine cannot be sent to other processes: their texts and parts can.
_Parts = tuple[Any, ...]
_Sent = tuple[Grant, _Parts | None]

MANY = 200  # policies that are worth further processes
_AT_ONCE = 50


def verdicts(listed: Sequence[Source], zone: Zone) -> list[Verdict]:
    """The answer for each policy of a resource."""
    asked = [(each.document, each.resource) for each in listed if each.document.kind in (Kind.RESOURCE, Kind.TRUST)]
    told = progress(_all(asked, zone), len(asked), "policies")
    sources = (each for each in listed if each.document.kind in (Kind.RESOURCE, Kind.TRUST))
    return [_verdict(source, found) for source, found in zip(sources, told, strict=True)]


def _all(asked: Sequence[tuple[Document, str]], zone: Zone) -> Iterator[tuple[Grant, ...]]:
    if len(asked) < MANY:
        yield from (tuple(grants(document, resource, zone)) for document, resource in asked)
        return
    waiting = iter([(document.text, document.kind, resource) for document, resource in asked])
    parts = list(iter(lambda: tuple(islice(waiting, _AT_ONCE)), ()))
    with ProcessPoolExecutor(usable_processors(), get_context("forkserver")) as pool:
        for found in pool.map(partial(_some, zone), parts):
            yield from (tuple(_received(*each) for each in sent) for sent in found)


def _some(zone: Zone, part: Sequence[tuple[str, Kind, str]]) -> list[list[_Sent]]:
    """In a process of its own: the grants of some policies, by their texts."""
    return [
        [_sent(each) for each in grants(read_document(text, kind), resource, zone)] for text, kind, resource in part
    ]


def _sent(grant: Grant) -> _Sent:
    request = grant.witness
    if request is None:
        return grant, None
    principal = tuple(getattr(request.principal, each.name) for each in fields(Principal) if each.init)
    parts = (principal, request.action, request.resource, request.resource_account, dict(request.context))
    return replace(grant, witness=None), parts


def _received(grant: Grant, parts: _Parts | None) -> Grant:
    if parts is None:
        return grant
    principal, *rest = parts
    return replace(grant, witness=Request(Principal(*principal), *rest))


def _verdict(source: Source, found: Sequence[Grant]) -> Verdict:
    if not found:
        return Verdict(source, "Nobody from outside gets in.")
    return Verdict(source, "Somebody from outside gets in.", tuple(map(_finding, found)))


def _finding(grant: Grant) -> Finding:
    who = "Everyone" if grant.is_public else f"{grant.type} {grant.principal}"
    given = f" if {', '.join(key for key, _ in grant.conditions)} is as told" if grant.conditions else ""
    witness = None if grant.witness is None else Witness(grant.witness, grant.statement)
    return Finding(f"{who} is given {', '.join(grant.actions)}{given}.", grant.statement, witness)
