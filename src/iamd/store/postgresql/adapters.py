"""Texts with NUL, which PostgreSQL cannot hold and clients may send: it is written as SUB and a digit, and so is SUB."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader

_NUL, _SUB = "\x00", "\x1a"


class _TextDumper(Dumper):
    def dump(self, obj: Any) -> bytes:
        text: str = obj
        if _NUL in text or _SUB in text:
            text = text.replace(_SUB, _SUB + "1").replace(_NUL, _SUB + "0")
        return text.encode()


class _TextLoader(Loader):
    def load(self, data: Buffer) -> str:
        text = str(data, "utf-8")
        if _SUB in text:
            text = text.replace(_SUB + "0", _NUL).replace(_SUB + "1", _SUB)
        return text


def register(driver: psycopg.Connection[Any]) -> None:
    """Let a connection have any text, as parameters and in what it finds."""
    driver.adapters.register_dumper(str, _TextDumper)
    for name in ("text", "varchar"):
        driver.adapters.register_loader(name, _TextLoader)
