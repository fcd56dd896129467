"""A report of what was evaluated: as text, JSON or a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from iamd.audit.identity import iso
from iamd.cli.compliance.rules import Account, Evaluation, Rule


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule and what it says of every resource; one that is about no resource is kept."""

    rule: Rule
    evaluations: Sequence[Evaluation]

    @property
    def broken(self) -> Sequence[Evaluation]:
        return [each for each in self.evaluations if not each.compliant]

    @property
    def word(self) -> str:
        """Config's word."""
        if not self.evaluations:
            return "NOT_APPLICABLE"
        return "NON_COMPLIANT" if self.broken else "COMPLIANT"


@dataclass(frozen=True, slots=True)
class Report:
    """What all rules say of an account at a moment."""

    account_id: str
    when: datetime
    outcomes: Sequence[Outcome]

    @property
    def compliant(self) -> bool:
        return not any(outcome.broken for outcome in self.outcomes)

    @property
    def verdict(self) -> str:
        kept = sum(not outcome.broken for outcome in self.outcomes)
        return f"{kept} of {len(self.outcomes)} rules are kept"


def evaluated(account: Account, rules: Sequence[Rule]) -> Report:
    outcomes = [Outcome(rule, list(rule.evaluate(account))) for rule in rules]
    return Report(account.records.account_id, account.now, outcomes)


def as_text(report: Report) -> str:
    lines = []
    for outcome in report.outcomes:
        lines.append(f"{outcome.word:<15} {outcome.rule.name}")
        lines += [f"{'':<15} {each.arn}: {each.problem}" for each in outcome.broken]
    return "\n".join((*lines, report.verdict))


def as_json(report: Report) -> str:
    """With a result for every rule and resource, under Config's names."""
    results = [
        {
            "ConfigRuleName": outcome.rule.name,
            "ComplianceType": "COMPLIANT" if each.compliant else "NON_COMPLIANT",
            "ComplianceResourceType": each.resource_type,
            "ComplianceResourceId": each.arn,
            "Annotation": each.problem,
        }
        for outcome in report.outcomes
        for each in outcome.evaluations
    ]
    rules = [{"ConfigRuleName": outcome.rule.name, "ComplianceType": outcome.word} for outcome in report.outcomes]
    told = {"AccountId": report.account_id, "Time": iso(report.when), "Rules": rules, "EvaluationResults": results}
    return json.dumps(told, ensure_ascii=False, indent=1)


_STYLE = """:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; }
tr { border-bottom: 1px solid #8888; } td { overflow-wrap: anywhere; } .NON_COMPLIANT { color: light-dark(#b00020, #ff8a80);
font-weight: 600; } .COMPLIANT { color: light-dark(#146c2e, #7bd88f); }"""


def as_html(report: Report) -> str:
    """A page that needs nothing but itself."""
    title = f"IAM compliance of account {report.account_id}"
    summary = "".join(
        f'<tr><td><a href="#{outcome.rule.name}">{outcome.rule.name}</a></td><td>{escape(outcome.rule.about)}</td>'
        f'<td class="{outcome.word}">{outcome.word}</td><td>{len(outcome.broken)} of {len(outcome.evaluations)}</td></tr>'
        for outcome in report.outcomes
    )
    details = "".join(_details(outcome) for outcome in report.outcomes if outcome.broken)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>'
        f"<h1>{title}</h1><p>{iso(report.when)}: {report.verdict}.</p>"
        '<table><thead><tr><th scope="col">Rule</th><th scope="col">What it asks for</th><th scope="col">Outcome</th>'
        f'<th scope="col">Resources that break it</th></tr></thead><tbody>{summary}</tbody></table>{details}'
        "</main></body></html>\n"
    )


def _details(outcome: Outcome) -> str:
    rows = "".join(f"<tr><td>{escape(each.arn)}</td><td>{escape(each.problem)}</td></tr>" for each in outcome.broken)
    head = '<thead><tr><th scope="col">Resource</th><th scope="col">Problem</th></tr></thead>'
    return f'<h2 id="{outcome.rule.name}">{outcome.rule.name}</h2><table>{head}<tbody>{rows}</tbody></table>'
