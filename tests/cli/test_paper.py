"""Text for people."""

from __future__ import annotations

import io

from iamd.cli.tree import Node, Paper


def test_names_that_others_chose_do_not_steer_the_terminal() -> None:
    out = io.StringIO()
    paper = Paper(out)
    paper.title("t\x1b[2J")
    paper.line("l\x9bx\r")
    paper.tree([Node("n\x07", children=[Node("ünïcode\ttab")])])
    assert not set(out.getvalue()) & set("\x1b\x9b\r\x07")
    assert "ünïcode\ttab" in out.getvalue()
