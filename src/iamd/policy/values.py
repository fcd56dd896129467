"""Typed values of condition blocks: numbers, instants, addresses, bytes, Booleans.

Each reader answers None for text that is not such a value and never raises. Results are cached, because requests
repeat their values.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import re
import socket
from decimal import Decimal
from functools import lru_cache

from .text import lower

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_EPOCH = re.compile(r"(?!\d{4}$)\d+(?:\.\d+)?", re.ASCII)  # four digits are a year
_INSTANT = re.compile(
    r"(?P<year>-?\d{1,9})(?:-(?P<month>\d\d?)(?:-(?P<day>\d\d?))?)?"
    r"(?:[Tt](?:(?P<hour>\d\d?)(?::(?P<minute>\d\d?)(?::(?P<second>\d\d?)(?:\.(?P<fraction>\d{1,9}))?)?)?)?)?"
    r"(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_LATEST_EPOCH = 2**63 - 1
_CACHED = 4096
_LONGEST = 512  # longer text is no number, date or address, and is not worth a place in a cache


@lru_cache(_CACHED)
def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def number(text: str) -> Decimal | None:
    """A decimal number."""
    return _number(text) if len(text) <= _LONGEST else None


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar, for any year (`datetime` ends at 9999)."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def _zone_minutes(zone: str | None) -> int | None:
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


@lru_cache(_CACHED)
def _instant(text: str) -> int | None:
    if _EPOCH.fullmatch(text):
        seconds = Decimal(text)
        return int(seconds * 1000) if seconds <= _LATEST_EPOCH else None
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    hour, minute, second = int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0)
    zone = _zone_minutes(found["zone"])
    if zone is None or not (-292275054 <= year <= 292278993 and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    millis = int((found["fraction"] or "0").ljust(3, "0")[:3])
    return ((_days(year, month, day) * 24 + hour) * 60 + minute - zone) * 60_000 + second * 1000 + millis


def instant(text: str) -> int | None:
    """Milliseconds since 1970, from ISO 8601 (UTC unless told; four digits are a year) or seconds since 1970."""
    return _instant(text) if len(text) <= _LONGEST else None


@lru_cache(_CACHED)
def _address(text: str) -> tuple[int, int] | None:
    try:
        if ":" not in text:
            return 32, int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big")
        raw = socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return None
    return 128, int.from_bytes(raw, "big")


def address(text: str) -> tuple[int, int] | None:
    """An address as (bits of its family, number); IPv4 inside IPv6 counts as IPv4."""
    found = _address(text) if len(text) <= _LONGEST else None
    if found is not None and found[0] == 128 and found[1] >> 32 == 0xFFFF:
        return 32, found[1] & 0xFFFFFFFF
    return found


class Network:
    """A CIDR range. Host bits are ignored in IPv4; in IPv6 a range with host bits holds no address."""

    __slots__ = ("bits", "clean", "host_bits", "number")

    def __init__(self, bits: int, number_: int, prefix: int) -> None:
        self.bits = bits
        self.host_bits = bits - prefix
        self.clean = number_ & ((1 << self.host_bits) - 1) == 0
        self.number = number_ >> self.host_bits if self.clean or bits == 32 else -1

    def holds(self, found: tuple[int, int]) -> bool:
        return found[0] == self.bits and found[1] >> self.host_bits == self.number


def network(text: str) -> Network | None:
    """An address range, or one address as a range of itself."""
    base, slash, length = text.partition("/")
    found = _address(base) if len(base) <= _LONGEST else None
    if found is None:
        return None
    bits, value = found
    if not slash:
        return Network(bits, value, bits)
    if not (length.isascii() and length.isdigit() and len(length) <= 3 and int(length) <= bits):
        return None
    return Network(bits, value, int(length))


def binary(text: str) -> bytes | None:
    """The bytes of base64 text."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def truth(text: str) -> bool:
    """`true` in any case is true; everything else is false."""
    return text == "true" or (text != "false" and lower(text) == "true")
