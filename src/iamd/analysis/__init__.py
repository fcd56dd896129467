"""Answers about policies beyond one decision: who can, what can. Pure, and told by the decision function alone."""
