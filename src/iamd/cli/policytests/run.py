"""Running test files: the decision of every check, and which statements took part in one."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from iamd.cli.explaining import write
from iamd.cli.policytests.suite import EXPECTED, Check, Suite, read_suite
from iamd.cli.policytests.yaml_text import BadFile
from iamd.cli.requests import read
from iamd.cli.tree import Paper
from iamd.policy import Cited, Explanation, Layers, MalformedPolicy, Request, explain
from iamd.policy.elements import cite
from iamd.policy.wording import place
from iamd.reference import actions, services
from iamd.reference.pack import MissingData

SUFFIXES = (".test.yaml", ".test.yml")
_WORTH_PROCESSES = 200_000  # bytes of test files: below it, starting processes costs more than they save


@dataclass(frozen=True, slots=True)
class Result:
    """One check's outcome. `problem` is empty when it passed; `why` explains a decision that was not expected."""

    name: str
    line: int
    seconds: float
    problem: str = ""
    why: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A statement of a policy under test: the file that it is in, its line there, and how it is called."""

    file: str
    policy: str
    index: int
    line: int
    title: str


@dataclass(slots=True)
class Report:
    """One test file's outcome. `error` (at `line`) tells why it could not be run."""

    path: Path
    results: list[Result] = field(default_factory=list)
    statements: dict[tuple[str, str, int], Place] = field(default_factory=dict)
    touched: set[tuple[str, str, int]] = field(default_factory=set)
    files: set[Path] = field(default_factory=set)
    error: str = ""
    line: int = 1

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results if result.problem]


def find(paths: Iterable[Path]) -> list[Path]:
    """The test files: those that are named, and in folders every `*.test.yaml`; raises FileNotFoundError."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            listed = (each for suffix in SUFFIXES for each in path.rglob(f"*{suffix}"))
            shown = (each for each in listed if not any(part[0] == "." for part in each.relative_to(path).parts))
            found |= dict.fromkeys(sorted(shown))
        elif path.exists():
            found[path] = None
        else:
            raise FileNotFoundError(str(path))
    return list(found)


def run_all(paths: list[Path], jobs: int) -> Iterator[Report]:
    """Run test files, several at once, and give their reports in order."""
    jobs = min(jobs, len(paths))
    if jobs <= 1 or sum(path.stat().st_size for path in paths) < _WORTH_PROCESSES:
        yield from map(run_file, paths)
        return
    with ProcessPoolExecutor(jobs, get_context("forkserver")) as pool:
        yield from pool.map(run_file, paths)


def usable_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_file(path: Path) -> Report:
    """Run one test file."""
    report = Report(path, files={path})
    try:
        suite = read_suite(path)
        report.files |= {policy.origin for policy in suite.policies.values()}
        for name, policy in suite.policies.items():
            origin = os.path.relpath(policy.origin)
            key = "" if policy.origin != path else name  # a file's policy is one, whatever tests call it
            for cited in _cited(suite, name):
                report.statements[(origin, key, cited.index)] = Place(
                    origin, name, cited.index, cited.line, place(cited)
                )
        for check in suite.checks:
            report.results.append(_run(suite, check, report))
    except BadFile as error:
        report.error, report.line = str(error), error.line
    except OSError as error:
        report.error = error.strerror or str(error)
    return report


def _cited(suite: Suite, name: str) -> list[Cited]:
    document = suite.policies[name].document()
    return [cite(name, document, statement.index) for statement in document.statements]


def _run(suite: Suite, check: Check, report: Report) -> Result:
    started = perf_counter()
    try:
        request, layers = read(check.asked, suite.text)
    except MalformedPolicy as error:
        name = next(iter(error.__notes__), "")
        raise BadFile(f"policy `{name}`: {error.problems[0]}", check.line) from None
    except ValueError as error:
        raise BadFile(str(error), check.line) from None
    found = explain(request, layers, advise=False)
    _touch(suite, found, report)
    problem = _problem(check, found)
    why = _told(request, layers) if problem else ""
    return Result(check.name, check.line, perf_counter() - started, problem, why, _warning(check.asked["action"]))


def _touch(suite: Suite, found: Explanation, report: Report) -> None:
    """Note the statements that took part."""
    for trace in found.layers:
        for cited in (*trace.allows, *(denial.statement for denial in trace.denies)):
            policy = suite.policies[cited.policy]
            key = "" if policy.origin != suite.path else cited.policy
            report.touched.add((os.path.relpath(policy.origin), key, cited.index))


def _problem(check: Check, found: Explanation) -> str:
    """What is not as expected, or nothing."""
    decision = found.decision.effect.value
    if decision not in EXPECTED[check.expect]:
        return f"expected {check.expect}, got {decision}"
    if check.statement is None:
        return ""
    applied = {(cited.policy, cited.index) for trace in found.layers for cited in trace.allows}
    denying = {(each.statement.policy, each.statement.index) for trace in found.layers for each in trace.denies}
    if check.statement in (applied if found.decision.allowed else denying):
        return ""
    verb = "allow" if found.decision.allowed else "deny"
    return f"{decision} as expected, but statement {check.statement[1] + 1} of {check.statement[0]} does not {verb} it"


def _told(request: Request, layers: Layers) -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    write(Paper(out), request, explain(request, layers))
    out.seek(0)
    return out.read()


def _warning(action: str) -> str:
    """A word about an action that is probably mistyped: of a service of AWS, and not known."""
    service, _, name = action.partition(":")
    try:
        known = services.get(service) is None or actions.find(service, name) is not None
    except MissingData:  # as in a source tree that was not built
        return ""
    return "" if known else f"AWS has no action `{action}`"


def coverage(reports: Iterable[Report]) -> tuple[list[Place], int]:
    """The statements that no test touched, in order of file and line, and how many there are in all."""
    statements: dict[tuple[str, str, int], Place] = {}
    touched: set[tuple[str, str, int]] = set()
    for report in reports:
        statements |= report.statements
        touched |= report.touched
    missed = [place for key, place in statements.items() if key not in touched]
    return sorted(missed, key=lambda place: (place.file, place.line)), len(statements)
