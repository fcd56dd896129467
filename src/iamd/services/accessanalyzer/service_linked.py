"""Analyzers that AWS services make for their customers: here no service does, so there are none.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateServiceLinkedAnalyzer.html
"""

from __future__ import annotations

from typing import Any, Never

from iamd.guard.target import Target, missing
from iamd.services.accessanalyzer.analyzers import absent, any_analyzer, arn_of
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.call import Call, Reply
from iamd.store.kinds.access_analyzer import Analyzer
from iamd.wire.errors import AccessDenied


@accessanalyzer.operation(on=any_analyzer)
def create_service_linked_analyzer(
    call: Call,
    _: None,
    *,
    type: str,
    archive_rules: list[dict[str, Any]] | None = None,
    client_token: str | None = None,
    configuration: dict[str, Any] | None = None,
) -> Never:
    """Refused to everyone but the services that AWS has authorized, as AWS refuses it to its customers."""
    raise AccessDenied("Service-linked analyzers can be created by authorized AWS services only")


def linked_analyzer(call: Call, *, analyzer_name: str) -> Target[Analyzer]:
    """There is none, whatever its name."""
    arn = arn_of(call, analyzer_name)
    return missing(arn, absent(arn))


@accessanalyzer.operation(on=linked_analyzer)
def delete_service_linked_analyzer(call: Call, analyzer: Analyzer, *, client_token: str | None = None) -> Reply:
    """Remove an analyzer that a service has made; those that one has made oneself are for DeleteAnalyzer."""
    call.records.analyzers.remove(analyzer)
    return {}
