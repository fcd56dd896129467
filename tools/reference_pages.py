"""Write the pages of the documentation that are made from the code: `python -m tools.reference_pages`.

The settings, the commands and the operations, in docs/reference/, the coverage, and the table of settings in the
README. With `--check` nothing is written, and the exit code is 1 when a page is out of date.
"""

import argparse
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from iamd.caller.buckets import BURST
from iamd.cli.main import COMMANDS
from iamd.reference import actions
from iamd.services.catalogue import APIS
from iamd.services.iam.quotas import MAXIMA, Quotas
from iamd.services.registry import Api
from iamd.services.throttle import Rates
from iamd.settings import PREFIX, SECRETS, SETTINGS
from tools.coverage_page import coverage_page
from tools.gateway_page import gateway_page
from tools.markdown import NOTE, code, table

PAGES = Path("docs/reference")
COVERAGE = Path("docs/coverage.md")
README = Path("README.md")
BLOCK = ("<!-- settings -->", "<!-- /settings -->")


def main() -> int:
    """Write every page, or with `--check` name those that are out of date; 0 when there is none."""
    check = "--check" in sys.argv[1:]
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path} is out of date: run `python -m tools.reference_pages`")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path])
    return 1 if check and stale else 0


def pages() -> dict[Path, str]:
    """Return every page's text by its path."""
    return {
        PAGES / "settings.md": settings_page(),
        PAGES / "commands.md": commands_page(),
        PAGES / "operations.md": operations_page(),
        PAGES / "gateway-mapping.md": gateway_page(PAGES / "gateway-mapping.md"),
        COVERAGE: coverage_page(),
        README: readme(),
    }


def flag(name: str) -> str:
    """Return a setting's flag; secrets have none, since other users see the arguments of a process."""
    return "" if name in SECRETS else "--" + name.replace("_", "-")


def default(name: str) -> str:
    """Return a setting's default as one would write it."""
    if name == "data_dir":
        return "~/.local/share/iamd"
    value = SETTINGS[name].default
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""


def settings_page() -> str:
    """Return the page of the settings."""
    quota_rows = ((code(f"quotas.{name}"), str(value), str(MAXIMA[name])) for name, value in asdict(Quotas()).items())
    rates = ", ".join(f"`{name}` {value}" for name, value in asdict(Rates()).items() if value)
    rows = (
        (code(name), code(flag(name)), code(PREFIX + name.upper()), code(default(name)), item.metadata["doc"])
        for name, item in SETTINGS.items()
    )
    return f"""{NOTE}
# Settings

Each setting is a flag, a variable and a key of the TOML file that `--config` or `IAMD_CONFIG` names. Flags win over variables, variables over the file. Secrets have no flag. Times are in seconds, sizes in bytes.

{table(("TOML key", "flag", "variable", "default", "what it is"), rows)}
What is unknown, mistyped or half-set refuses to start, and the message names it. `root_access_key_id` and `root_secret_access_key` go together; `root_password` needs `root_email`; `report_schedule` and `report_to` go together; `data_dir` and `in_memory` exclude each other. `data_dir` honours `XDG_DATA_HOME`. What concerns the first start (`account_id`, `root_*`) is not looked at again once there is an account.

## Quotas

`quotas` holds the quotas of IAM that AWS adjusts on request, for every account of the server: in the file `quotas = {{ roles = 5000 }}`, elsewhere `roles=5000,groups=500`. What is left out stays at AWS's default.

{table(("quota", "default", "maximum"), quota_rows)}
## Rates

With `throttle = "on"`, or with rates of your own (`throttle = {{ reads = 50, writes = 10 }}`, elsewhere `reads=50,writes=10`), calls that come too fast are answered `Throttling`, as on AWS, and clients try again. Each account has a bucket of tokens for each operation, which holds what arrives in {BURST} seconds: by default the requests a second are {rates}. `identity` is a rate for each user, role and root user over all that it calls; there is none unless it is given. A server counts with all its workers, and from the beginning when it starts. [Against abuse](../how-to/abuse.md) tells what else is limited.
"""


def readme() -> str:
    """Return the README with its table of settings filled in."""
    rows = ((code(name), code(default(name)), item.metadata["doc"]) for name, item in SETTINGS.items())
    before, _, rest = README.read_text().partition(BLOCK[0])
    after = rest.partition(BLOCK[1])[2]
    return f"{before}{BLOCK[0]}\n{table(('setting', 'default', 'what it is'), rows)}{BLOCK[1]}{after}"


def commands_page() -> str:
    """Return the page of the commands."""
    return f"""{NOTE}
# Commands

Every command knows `--help`, and `--json` for output that programs read. Exit codes: 0 yes or done, 1 no, 2 usage or failure.

{"".join(command_section(name) for name in COMMANDS)}"""


def command_section(name: str) -> str:
    """Return what there is to say about one command."""
    command = COMMANDS[name]
    parser = argparse.ArgumentParser(prog=f"iamd {name}", add_help=False, allow_abbrev=False)
    import_module(f"iamd.cli.{command.module}").add_arguments(parser)
    flags = {flag(setting) for setting in SETTINGS if setting not in SECRETS} | {"--config"}
    settings = [flag_of(action) for action in parser._actions if flag_of(action) in flags]
    own = [action for action in parser._actions if flag_of(action) not in flags]
    section = f"## iamd {name}\n\n{command.help}\n\n    {command.example}\n\n"
    if own:
        section += table(("argument", "what it is"), ((code(spelled(each)), each.help or "") for each in own)) + "\n"
    if len(settings) == len(flags):
        section += "Takes every [setting](settings.md) as a flag.\n\n"
    elif settings:
        section += f"[Settings](settings.md) as flags: {', '.join(map(code, settings))}.\n\n"
    return section


def flag_of(action: argparse.Action) -> str:
    return action.option_strings[0] if action.option_strings else ""


def spelled(action: argparse.Action) -> str:
    """Return an argument as one would write it."""
    value = str(action.metavar or "|".join(action.choices or ()))
    return " ".join(filter(None, (flag_of(action), value)))


def operations_page() -> str:
    """Return the page of the operations that are served."""
    return f"""{NOTE}
# Operations

What iamd serves of AWS's APIs. Every operation is authorized by the action of its name; access levels are those of AWS's service authorization reference. What is not served, and which inputs are refused, is on the page about [coverage](../coverage.md).

{"".join(api_section(api) for api in APIS.values())}"""


def api_section(api: Api) -> str:
    """Return what is served of one API."""
    served = sorted(api.operations)
    rows = ((code(name), *reference_of(api, name)) for name in served)
    return (
        f"## {api.model.name.upper()}\n\n{len(served)} of {len(api.model.operations)} operations"
        f" (API version {api.model.api_version}).\n\n"
        f"{table(('operation', 'access level', 'resource types'), rows)}\n"
    )


def reference_of(api: Api, name: str) -> tuple[str, str]:
    """Return an action's access level, and the types of its resources, as AWS's reference lists them."""
    action = actions.find(api.name, name)
    if action is None:
        return "", ""  # the service model may be newer than the reference
    return action.access_level, ", ".join(dict.fromkeys(each.name for each in action.resource_types))


if __name__ == "__main__":
    sys.exit(main())
