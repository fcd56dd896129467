"""Answers about policies beyond one decision: who can, what can, what is wrong with them. Pure; whatever is allowed or
denied is told by the decision function alone."""
