"""The library of guardrails: named control policies, each with its tests beside it."""
