"""What a check says of one policy: as text, JSON or SARIF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from iamd.analysis.symbolic import Witness
from iamd.cli.checking.sources import Source
from iamd.policy import Request
from iamd.policy.elements import cite

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against a policy: the sentence, the statement's place (None: the policy as a whole), and a
    request that shows it."""

    message: str
    statement: int | None = None
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one policy; it is yes without findings. `more`: what else `--json` tells."""

    source: Source
    message: str
    findings: tuple[Finding, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not self.findings

    def to_text(self) -> str:
        lines = [f"{self.source.title}: {'yes' if self.holds else 'no'}: {self.message}"]
        for each in self.findings:
            line = "" if each.statement is None else f":{line_of(self.source, each.statement)}"
            lines.append(f"{self.source.file}{'' if self.source.name else line}: {each.message}")
            if each.witness is not None:
                lines += [f"    {text}" for text in described(each.witness.request)]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        findings = [
            {
                "message": each.message,
                "statement": each.statement,
                "request": None if each.witness is None else request_json(each.witness.request),
            }
            for each in self.findings
        ]
        named = {"file": self.source.file, "policy": self.source.name}
        return {**named, "holds": self.holds, "message": self.message, "findings": findings, **self.more}


def line_of(source: Source, statement: int) -> int:
    """The line of a statement in its file; 1 in templates and plans, whose places are lost."""
    return 1 if source.name else cite("", source.document, statement).line


def described(request: Request) -> list[str]:
    """A request in words, a line for each part."""
    context = [f"{key} = {json.dumps(value)}" for key, value in sorted(request.context.items())]
    return [
        f"principal {request.principal.arn}",
        f"action    {request.action}",
        f"resource  {request.resource}",
        *(f"context   {text}" for text in context),
    ]


def request_json(request: Request) -> dict[str, Any]:
    """A request as `iamd evaluate` reads it."""
    who = request.principal
    return {
        "principal": who.arn,
        "action": request.action,
        "resource": request.resource,
        "resourceAccount": request.resource_account,
        "context": {key: list(value) if isinstance(value, tuple) else value for key, value in request.context.items()},
    }


def sarif(check: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The findings as a SARIF 2.1.0 log."""
    results = [
        {
            "ruleId": check,
            "level": "error",
            "message": {"text": _told(verdict, each)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": verdict.source.file},
                        "region": {
                            "startLine": 1 if each.statement is None else line_of(verdict.source, each.statement)
                        },
                    }
                }
            ],
        }
        for verdict in verdicts
        for each in verdict.findings
    ]
    run = {"tool": {"driver": {"name": "iamd", "rules": [{"id": check}]}}, "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _told(verdict: Verdict, finding: Finding) -> str:
    shown = "" if finding.witness is None else "; " + ", ".join(described(finding.witness.request))
    return f"{verdict.source.name + ': ' if verdict.source.name else ''}{finding.message}{shown}"
