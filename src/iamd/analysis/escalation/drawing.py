"""The graph of escalations as SVG: administrators at the right, whoever can become one to the left, by its distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from iamd.analysis.escalation.edges import ADMINISTRATOR, Edge

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 230, 30, 90, 12, 20
_STYLE = (
    "text{font:12px sans-serif;fill:#16191f}rect{fill:#f2f3f3;stroke:#545b64;rx:4}"
    ".goal rect{fill:#fdeded;stroke:#d13212}path{fill:none;stroke:#879596}.way{stroke:#d13212}"
    "@media(prefers-color-scheme:dark){text{fill:#eaeded}rect{fill:#232f3e;stroke:#aab7b8}.goal rect{fill:#46201a}}"
)


def svg(paths: Mapping[str, Sequence[Edge]]) -> str:
    """A drawing of shortest ways: a box a principal, a line a step, whose method is told when one points at it."""
    distance = {source: len(path) for source, path in paths.items()}
    goals = sorted({path[-1].target for path in paths.values()})
    columns: list[list[str]] = [goals]
    for source, far in sorted(distance.items(), key=lambda item: (item[1], item[0])):
        while len(columns) <= far:
            columns.append([])
        columns[far].append(source)
    places = {
        name: ((len(columns) - 1 - at) * (_WIDTH + _GAP_X) + _MARGIN, row * (_HEIGHT + _GAP_Y) + _MARGIN)
        for at, column in enumerate(columns)
        for row, name in enumerate(column)
    }
    edges = {id(edge): edge for path in paths.values() for edge in path}.values()
    width = len(columns) * (_WIDTH + _GAP_X) - _GAP_X + 2 * _MARGIN
    height = max(map(len, columns)) * (_HEIGHT + _GAP_Y) - _GAP_Y + 2 * _MARGIN
    drawn = [_line(edge, places) for edge in edges]
    drawn += [_box(name, places[name], name in goals) for name in places]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *drawn, "</svg>\n"])


def _line(edge: Edge, places: Mapping[str, tuple[int, int]]) -> str:
    (left, top), (right, bottom) = places[edge.source], places[edge.target]
    start, end, middle = left + _WIDTH, right, (left + _WIDTH + right) // 2
    top, bottom = top + _HEIGHT // 2, bottom + _HEIGHT // 2
    told = escape(f"{edge.method}: {', '.join(step.action for step in edge.steps)}")
    curve = f"M{start} {top}C{middle} {top} {middle} {bottom} {end} {bottom}"
    return f'<path class="way" d="{curve}"><title>{told}</title></path>'


def _box(name: str, place: tuple[int, int], goal: bool) -> str:
    left, top = place
    short = name if name == ADMINISTRATOR else name.split(":", 5)[-1]
    shown = short if len(short) <= 34 else f"…{short[-33:]}"
    kind = "goal" if goal else "start"
    return (
        f'<g class="{kind}"><title>{escape(name)}</title>'
        f'<rect x="{left}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}"/>'
        f'<text x="{left + 8}" y="{top + 19}">{escape(shown)}</text></g>'
    )
