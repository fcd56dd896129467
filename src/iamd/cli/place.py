"""Where the database of the settings is."""

import argparse
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.arguments import add_settings, settings
from iamd.store.store import DATABASE_FILE, MASTER_KEY_FILE


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the settings that tell where the data are."""
    add_settings(parser, ("data_dir", "master_key_file"))


def place(args: argparse.Namespace) -> tuple[Path, Path]:
    """Return the files of the database and of the master key; raises Failure when there is none on disk."""
    chosen = settings(args)
    if chosen.in_memory:
        raise Failure("the settings keep everything in memory: there is no database on disk")
    return chosen.data_dir / DATABASE_FILE, chosen.master_key_file or chosen.data_dir / MASTER_KEY_FILE
