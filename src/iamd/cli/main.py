"""`iamd`: finds the command, reads its arguments and turns its outcome into the exit code.

Exit codes: 0 yes or done, 1 no, 2 usage or failure.

A command is a module with `add_arguments(parser)` and `command(args) -> int`. Only the one that is
asked for is imported, so that small commands start fast.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from iamd.cli import Failure

YES, NO, FAILED = 0, 1, 2
INTERRUPTED = 130  # as shells count death by SIGINT


@dataclass(frozen=True, slots=True)
class Command:
    """What is told about a command without importing it."""

    module: str
    help: str
    example: str


COMMANDS = {
    "serve": Command("serve", "Serve IAM and STS on one endpoint.", "iamd serve --port 4500 --data-dir ./data"),
    "edge": Command(
        "edge",
        "Authenticate and decide for another server, near its clients.",
        "iamd edge --from https://iam.example.com",
    ),
    "agent": Command(
        "agent",
        "Serve a role's credentials to the SDKs here.",
        "iamd agent --role-arn arn:aws:iam::111122223333:role/web",
    ),
    "credentials": Command(
        "credentials",
        "Print a role's credentials for credential_process.",
        "iamd credentials --role-arn arn:aws:iam::111122223333:role/web",
    ),
    "migrate": Command("migrate", "Bring a database up to this version's schema.", "iamd migrate --data-dir ./data"),
    "backup": Command("backup", "Copy the database while it is in use.", "iamd backup monday.db --data-dir ./data"),
    "restore": Command("restore", "Put a verified copy in the database's place.", "iamd restore monday.db --replace"),
    "rewind": Command(
        "rewind", "Put all accounts back as they stood at a time.", "iamd rewind 2h --plan --data-dir ./data"
    ),
    "recover-root": Command(
        "recover_root", "Let a root user in again that has lost password or MFA.", "iamd recover-root --data-dir ./data"
    ),
    "unlock": Command("unlock", "Let a locked-out user try its password again.", "iamd unlock alice --data-dir ./data"),
    "identity": Command(
        "identity",
        "Let a person of Identity Center in: a password, or a link.",
        "iamd identity set-password alice --link --url https://iamd.example.com",
    ),
    "rotate-keys": Command(
        "rotate_keys", "Seal new session tokens under a new key.", "iamd rotate-keys --data-dir ./data"
    ),
    "rotate-master-key": Command(
        "rotate_master_key", "Exchange the key that protects all others.", "iamd rotate-master-key --data-dir ./data"
    ),
    "delegation-token": Command(
        "delegation_token",
        "Print the token of a delegation request that was handed over.",
        "iamd delegation-token 444455556666-0a1b2c3d-0000-4000-8000-000000000000 --data-dir ./data",
    ),
    "passcode": Command(
        "passcode",
        "Print the code that confirms a root user's new address.",
        "iamd passcode 111122223333 --data-dir ./data",
    ),
    "mfa": Command("mfa", "Import hardware MFA tokens.", "iamd mfa import-tokens tokens.csv --data-dir ./data"),
    "report": Command("report", "Print or write a credential report.", "iamd report credentials --json --to ./reports"),
    "audit": Command(
        "audit",
        "Tail, search or verify what is recorded.",
        "iamd audit search --user alice --since 2h --data-dir ./data",
    ),
    "token": Command("token", "Make a bearer token for the authorization API.", "iamd token todo-app --days 90"),
    "learn": Command(
        "learn", "Print the least policies that allow what was done.", "iamd learn report --since 7d --data-dir ./data"
    ),
    "record": Command(
        "record",
        "Run a program and print the policy that it needs.",
        "iamd record --before 'aws s3 mb s3://reports' -- aws s3 cp report.txt s3://reports/",
    ),
    "compliance": Command(
        "compliance_command", "Hold an account against AWS Config's rules.", "iamd compliance --html report.html"
    ),
    "findings": Command(
        "findings", "List or archive what was detected.", "iamd findings --severity medium --data-dir ./data"
    ),
    "evaluate": Command("evaluate_command", "Decide requests, one a line.", "iamd evaluate --jsonl < requests.jsonl"),
    "explain": Command("explain", "Tell why a request is allowed or denied.", "iamd explain request.json"),
    "test": Command("test", "Run unit tests of policies.", "iamd test policies/ --coverage"),
    "who-can": Command("who_can", "List who may do something.", "iamd who-can s3:GetObject arn:aws:s3:::reports/1"),
    "can": Command("can", "List what a principal may do.", "iamd can alice --service s3"),
    "history": Command(
        "history", "List an account's revisions, and what each changed.", "iamd history -n 5 --data-dir ./data"
    ),
    "diff": Command("diff", "Tell what access changed between two points in time.", "iamd diff 41 42 --text"),
    "unused": Command(
        "unused", "List what nobody used, and the policies that would do.", "iamd unused --days 90 --json"
    ),
    "replay": Command(
        "replay",
        "Tell which recorded calls a change of policies would decide otherwise.",
        "iamd replay --change new.yaml",
    ),
    "import": Command(
        "import_account",
        "Import an account of AWS.",
        "iamd import aws-authorization-details account.json --data-dir ./data",
    ),
    "init": Command("init_command", "Make an organization from a file.", "iamd init organization.yaml --plan"),
    "guardrails": Command(
        "guardrails_command",
        "List, show or attach ready-made control policies.",
        "iamd guardrails attach region-lock --target r-ab12 --set regions=eu-west-1,eu-west-2",
    ),
    "validate": Command("validate", "Check policy documents.", "iamd validate --type trust role.json"),
    "escalation": Command(
        "escalation",
        "Show who can become an administrator, and what would prevent it.",
        "iamd escalation --data-dir ./data --svg ways.svg",
    ),
    "check": Command(
        "check",
        "Prove what policies allow, or show a request that they should not.",
        "iamd check no-new-access new.json --than old.json",
    ),
    "version": Command("version", "Show the versions of the program and its data.", "iamd version --json"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (the process's own unless given); returns the exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if not arguments or arguments[0] not in COMMANDS:
        return _overview(arguments)
    name, *rest = arguments
    module = import_module(f"iamd.cli.{COMMANDS[name].module}")
    parser = _parser(name)
    module.add_arguments(parser)
    try:
        outcome: int = module.command(parser.parse_args(rest))
        sys.stdout.flush()
    except Failure as failure:
        print(f"iamd {name}: {failure}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader left; closing standard output at exit must not fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:
        # Python's own exit code for this is 1, which means no here.
        traceback.print_exc()
        return FAILED
    return outcome


def _parser(name: str) -> argparse.ArgumentParser:
    command = COMMANDS[name]
    parser = argparse.ArgumentParser(
        prog=f"iamd {name}", description=command.help, epilog=f"example: {command.example}", allow_abbrev=False
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _overview(arguments: Sequence[str]) -> int:
    """Answer `--help`, `--version`, and whatever is no command."""
    width = max(map(len, COMMANDS)) + 2
    listing = "\n".join(f"  {name:<{width}}{command.help}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="iamd",
        usage="iamd COMMAND ...",
        description=f"The AWS IAM system, self-hosted.\n\ncommands:\n{listing}",
        epilog="iamd COMMAND --help tells more, with an example.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="show the program's version")
    parser.add_argument("command", nargs="?", choices=COMMANDS, metavar="COMMAND", help=argparse.SUPPRESS)
    if parser.parse_args(arguments).version:
        from iamd import __version__

        print(f"iamd {__version__}")
        return YES
    parser.print_help(sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
