"""`iamd validate --findings`: the checks of Access Analyzer, as text, JSON or SARIF."""

import argparse
import json
from typing import Any

from iamd.analysis.validation import Finding, validate
from iamd.cli.validate import text
from iamd.policy import Kind

GRAVE = frozenset({"ERROR", "SECURITY_WARNING"})
_LEVELS = {"ERROR": "error", "SECURITY_WARNING": "error", "WARNING": "warning", "SUGGESTION": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def report(args: argparse.Namespace) -> int:
    """Print what is found in each document; 1 when there is an error or security warning."""
    found = {name: validate(text(name), Kind(args.type)) for name in args.files}
    if args.sarif:
        print(json.dumps(sarif(found)))
    elif args.json:
        print(json.dumps([{"file": name, "findings": [each.to_json() for each in of]} for name, of in found.items()]))
    else:
        for name, of in found.items():
            print("\n".join(_line(name, each) for each in of) or f"{name}: no findings")
    return 1 if any(each.type in GRAVE for of in found.values() for each in of) else 0


def _line(name: str, finding: Finding) -> str:
    start = finding.locations[0].start
    return f"{name}:{start.line}:{start.column + 1}: {finding.type} {finding.code}: {finding.details}"


def sarif(found: dict[str, tuple[Finding, ...]]) -> dict[str, Any]:
    """The findings by file as a SARIF 2.1.0 log."""
    every = {finding.code: finding for of in found.values() for finding in of}
    rules = [{"id": code, "helpUri": finding.learn_more} for code, finding in sorted(every.items())]
    results = [_result(name, finding) for name, of in found.items() for finding in of]
    run = {"tool": {"driver": {"name": "iamd", "rules": rules}}, "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(name: str, finding: Finding) -> dict[str, Any]:
    places = [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": name},
                "region": {
                    "startLine": location.start.line,
                    "startColumn": location.start.column + 1,
                    "endLine": location.end.line,
                    "endColumn": location.end.column + 1,
                },
            }
        }
        for location in finding.locations
    ]
    level = _LEVELS[finding.type]
    return {"ruleId": finding.code, "level": level, "message": {"text": finding.details}, "locations": places}
