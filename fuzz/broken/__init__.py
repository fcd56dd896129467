"""Whole requests to every door of a server, broken as bytes on their way."""
