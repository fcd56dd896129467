"""Arguments that commands share: the settings as flags."""

import argparse
from collections.abc import Iterable

from iamd.cli import Failure
from iamd.settings import SECRETS, SETTINGS, Settings, SettingsError, load


def add_settings(
    parser: argparse.ArgumentParser, names: Iterable[str] = tuple(SETTINGS), leave_out: Iterable[str] = ()
) -> None:
    """Add a flag for each setting that is no secret, and `--config`."""
    group = parser.add_argument_group(
        "settings", "Also as IAMD_* variables (IAMD_DATA_DIR) and in a TOML file (data_dir); flags win over variables."
    )
    group.add_argument("--config", metavar="FILE", help="the TOML file (IAMD_CONFIG)")
    for name in names:
        if name in SECRETS or name in leave_out:
            continue
        item, flag = SETTINGS[name], "--" + name.replace("_", "-")
        doc = item.metadata["doc"] + _default(item.default)
        if item.type is bool and item.default:  # the flag turns it off
            off = "--no-" + flag.removeprefix("--")
            group.add_argument(off, dest=name, action="store_false", default=None, help=f"Do not: {doc}")
        elif item.type is bool:
            group.add_argument(flag, action="store_true", default=None, help=doc)
        else:
            action = "append" if item.metadata["many"] else "store"
            group.add_argument(flag, action=action, metavar=name.rpartition("_")[2].upper(), help=doc)


def _default(value: object) -> str:
    shown = isinstance(value, str | int | float) and not isinstance(value, bool)
    return f" Default: {value}." if shown else ""


def settings(args: argparse.Namespace) -> Settings:
    """Return the settings with the flags that were given; raises Failure when they are refused."""
    given = {name: value for name, value in vars(args).items() if name in SETTINGS or name == "config"}
    try:
        return load(given)
    except SettingsError as error:
        raise Failure(str(error)) from error
