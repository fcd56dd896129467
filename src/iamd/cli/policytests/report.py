"""Outcomes of tests, for people, for CI (JUnit XML, annotations of GitHub) and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from iamd.cli.policytests.run import Place, Report, Result
from iamd.cli.tree import ASIDE, NO, YES, Paper

_UNFIT_FOR_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tell(paper: Paper, report: Report, verbose: bool) -> None:
    """Write one file's outcome: failures with their reasons, what passed only when `verbose`."""
    if report.error:
        paper.line(f"{report.path}:{report.line}: {report.error}", NO)
        return
    failed = report.failed
    counted = f"{len(report.results)} checks" if len(report.results) != 1 else "1 check"
    paper.line(f"{report.path}: {counted}" + (f", {len(failed)} failed" if failed else ""), NO if failed else YES)
    for result in report.results:
        if result.problem:
            paper.line(f"{report.path}:{result.line}: {result.name}: {result.problem}", NO, "  ")
            for line in result.why.splitlines():
                paper.line(line, indent="      " if line else "")
        elif verbose:
            paper.line(result.name, YES, "  ")
        if result.warning:
            paper.line(f"{report.path}:{result.line}: {result.warning}", ASIDE, "  ")


def summary(reports: list[Report]) -> str:
    """One line: how many passed, failed, could not be run."""
    failed = sum(len(report.failed) for report in reports)
    passed = sum(len(report.results) for report in reports) - failed
    broken = sum(1 for report in reports if report.error)
    return f"{passed} passed, {failed} failed" + (f", {broken} files could not be run" if broken else "")


def tell_coverage(paper: Paper, missed: list[Place], total: int) -> None:
    """Write which statements no test touched."""
    paper.line(f"statements touched: {total - len(missed)} of {total} ({percent(missed, total):.0f} %)")
    for each in missed:
        paper.line(f"{each.file}:{each.line}: no test touches {_called(each)}", NO, "  ")


def percent(missed: list[Place], total: int) -> float:
    """How many of a hundred statements were touched; all, when there is none."""
    return 100 * (total - len(missed)) / total if total else 100.0


def _called(each: Place) -> str:
    return each.title.rpartition(", line ")[0]


def to_json(reports: list[Report], missed: list[Place], total: int) -> dict[str, Any]:
    """Plain values: files with their checks, and the coverage."""
    return {
        "files": [
            {
                "file": str(report.path),
                "error": {"line": report.line, "message": report.error} if report.error else None,
                "checks": [_result(result) for result in report.results],
            }
            for report in reports
        ],
        "statements": {
            "total": total,
            "untouched": [
                {"file": each.file, "line": each.line, "policy": each.policy, "index": each.index} for each in missed
            ],
        },
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "line": result.line,
        "passed": not result.problem,
        "problem": result.problem or None,
        "warning": result.warning or None,
    }


def junit(reports: Iterable[Report], file: Path) -> None:
    """Write a JUnit XML file: a suite for each test file, a case for each check; raises OSError."""
    root = ElementTree.Element("testsuites", name="iamd test")
    for report in reports:
        seconds = sum(result.seconds for result in report.results)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_clean(str(report.path)),
            tests=str(len(report.results) + bool(report.error)),
            failures=str(len(report.failed)),
            errors=str(int(bool(report.error))),
            time=f"{seconds:.6f}",
        )
        for result in report.results:
            case = _case(suite, report.path, result.name, result.line, result.seconds)
            if result.problem:
                failure = ElementTree.SubElement(case, "failure", message=_clean(result.problem))
                failure.text = _clean(result.why)
        if report.error:
            case = _case(suite, report.path, "reading the file", report.line, 0)
            ElementTree.SubElement(case, "error", message=_clean(report.error))
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _case(suite: ElementTree.Element, path: Path, name: str, line: int, seconds: float) -> ElementTree.Element:
    shown = _clean(str(path))
    return ElementTree.SubElement(
        suite, "testcase", classname=shown, name=_clean(name), file=shown, line=str(line), time=f"{seconds:.6f}"
    )


def _clean(text: str) -> str:
    return _UNFIT_FOR_XML.sub("\ufffd", text)


def github(reports: Iterable[Report], missed: Iterable[Place]) -> Iterator[str]:
    """GitHub's workflow commands, which it shows beside the lines of the files.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    for report in reports:
        if report.error:
            yield _annotation("error", str(report.path), report.line, "policy test", report.error)
        for result in report.results:
            if result.problem:
                text = f"{result.problem}\n{result.why}" if result.why else result.problem
                yield _annotation("error", str(report.path), result.line, result.name, text)
            if result.warning:
                yield _annotation("warning", str(report.path), result.line, result.name, result.warning)
    for each in missed:
        yield _annotation("notice", each.file, each.line, "coverage", f"no test touches {_called(each)}")


def _annotation(kind: str, file: str, line: int, title: str, text: str) -> str:
    properties = f"file={_property(file)},line={line},title={_property(title)}"
    return f"::{kind} {properties}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
