"""`iamd test`."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.policytests.report import github, junit, percent, summary, tell, tell_coverage, to_json
from iamd.cli.policytests.run import Report, coverage, find, run_all, usable_processors
from iamd.cli.policytests.watch import watch
from iamd.cli.tree import NO, YES, Paper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, and how their outcome is told."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a test file, or a folder of *.test.yaml")
    parser.add_argument("--coverage", action="store_true", help="tell which statements no test touches")
    parser.add_argument("--fail-under", type=float, metavar="PERCENT", help="fail when tests touch fewer statements")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument(
        "--github", action="store_true", help="print annotations for GitHub Actions (there it is the default)"
    )
    parser.add_argument("--watch", action="store_true", help="run again whenever a file changes")
    parser.add_argument("--jobs", type=int, metavar="N", help="files at once (default: as many as processors)")
    parser.add_argument("--verbose", action="store_true", help="name the checks that pass, too")


def command(args: argparse.Namespace) -> int:
    """Run the tests: 0 when all hold, 1 when one does not (or too few statements are touched)."""
    if args.watch and args.json:
        raise Failure("--watch is for people: it goes without --json")
    if not args.watch:
        return _run(args)[0]
    watch(lambda: _watched(args), time.sleep)
    return 0


def _watched(args: argparse.Namespace) -> Iterable[Path]:
    """One round of `--watch`; the files that it has to do with, and their folders."""
    if sys.stdout.isatty():
        print("\x1b[2J\x1b[H", end="")
    try:
        _, reports = _run(args)
    except Failure as failure:
        print(failure, file=sys.stderr)
        reports = []
    sys.stdout.flush()
    folders = {file.parent for report in reports for file in report.files}
    return {*args.paths, *folders, *(file for report in reports for file in report.files)}


def _run(args: argparse.Namespace) -> tuple[int, list[Report]]:
    try:
        files = find(args.paths)
    except FileNotFoundError as error:
        raise Failure(f"{error}: no such file or folder") from error
    if not files:
        raise Failure(f"no *.test.yaml in {', '.join(map(str, args.paths))}")
    paper = Paper(sys.stdout)
    reports = []
    for report in run_all(files, args.jobs or usable_processors()):
        reports.append(report)
        if not args.json:
            tell(paper, report, args.verbose)
    missed, total = coverage(reports)
    code = _code(args, reports, percent(missed, total))
    asked = args.coverage or args.fail_under is not None
    if args.json:
        print(json.dumps(to_json(reports, missed, total)))
    else:
        if asked:
            tell_coverage(paper, missed, total)
        paper.title(summary(reports), NO if code else YES)
        if args.github or os.environ.get("GITHUB_ACTIONS") == "true":
            print(*github(reports, missed if asked else ()), sep="\n")
    if args.junit:
        try:
            junit(reports, args.junit)
        except OSError as error:
            raise Failure(f"{args.junit}: {error.strerror}") from error
    return code, reports


def _code(args: argparse.Namespace, reports: list[Report], covered: float) -> int:
    if any(report.error for report in reports):
        return 2
    short = args.fail_under is not None and covered < args.fail_under
    return 1 if short or any(report.failed for report in reports) else 0
