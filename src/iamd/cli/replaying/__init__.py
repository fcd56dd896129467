"""Recorded calls, decided again under other policies."""
