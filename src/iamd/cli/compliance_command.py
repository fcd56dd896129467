"""`iamd compliance`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.compliance.report import Report, as_html, as_json, as_text, evaluated
from iamd.cli.compliance.rules import MAX_KEY_AGE, MAX_UNUSED, RULES, Account
from iamd.cli.stored_account import add_account, in_account
from iamd.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which rules, how strict they are, and where the data are."""
    parser.add_argument("--rule", action="append", choices=list(RULES), help="only this rule; may be repeated")
    parser.add_argument("--max-key-age", type=int, default=MAX_KEY_AGE, metavar="DAYS", help=f"default: {MAX_KEY_AGE}")
    parser.add_argument("--max-unused", type=int, default=MAX_UNUSED, metavar="DAYS", help=f"default: {MAX_UNUSED}")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as a page into a file, too")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Evaluate an account by AWS Config's rules for IAM, also while the server runs; 1 when any rule is broken."""
    if min(args.max_key_age, args.max_unused) < 1:
        raise Failure("--max-key-age and --max-unused are days, from 1 on")

    async def evaluate(store: Store, account_id: str) -> Report:
        account = Account(
            await store.load(account_id),
            lambda key_id: store.last_used(account_id, key_id),
            datetime.now(UTC),
            args.max_key_age,
            args.max_unused,
        )
        return evaluated(account, [RULES[name] for name in args.rule or RULES])

    report = in_account(args, evaluate)
    print(as_json(report) if args.json else as_text(report))
    if args.html is not None:
        try:
            args.html.write_text(as_html(report), encoding="utf-8")
        except OSError as error:
            raise Failure(f"{args.html} cannot be written: {error.strerror}") from error
    return 0 if report.compliant else 1
