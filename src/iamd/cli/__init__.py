"""The command line: a module a command, imported only when its command is given."""


class Failure(Exception):
    """The command could not do its work; the message tells what to do. Exit code 2."""
