"""Escalation: every published way in which a principal can become another one or an administrator, asked of the engine.

https://pathfinding.cloud/
"""

from iamd.analysis.escalation.edges import ADMINISTRATOR, Edge
from iamd.analysis.escalation.estate import Actor, Estate, Group
from iamd.analysis.escalation.graph import Cut, Graph, Reach, graph, reach

__all__ = ["ADMINISTRATOR", "Actor", "Cut", "Edge", "Estate", "Graph", "Group", "Reach", "graph", "reach"]
