"""Values for members of the models: good ones, ones at the limits, and hostile ones."""

from __future__ import annotations

import json
import random
import string
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from iamd.wire.model import Member, Shape

HOSTILE: tuple[str, ...] = (
    *("", " ", "\x00", "a\x00b", "\r\n", "\x1b[31m", "\x7f", "\ud800", "\udfff\ud83d", "\ufeff", "\u202e"),
    *("é", "ß", "\u0131", "\u0130", "\u01c5", "\u0301", "\U0001f600", "\u0663\u0666\u0660\u0660", "\uff11\uff12\uff13"),
    *("*", "?", "%", "%00", "%2e%2e", "..", "../../etc/passwd", "//", "\\", "$", "${aws:username}", "${", "${*}"),
    *("{}", "[]", "null", "true", '"', "'", "`", "<x>", "<!--", "]]>", "&lt;", "{{7*7}}", "';--", "a" * 70_000),
    *("0", "-1", "1e309", "NaN", "Infinity", "9" * 400, str(1 << 31), str(1 << 63), "0x10", "1.5", "+1", "1_000"),
    *(
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/",
    ),
    *(
        "arn:",
        "arn:aws:iam::1:role/x",
        "arn:aws:iam::٣٦٠٠٠٠٠٠٠٠٠٠:root",
        "arn:aws:iam::123456789012:role/a/b/c",
        "o-",
        "r-1",
    ),
    *(
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0000-00-00",
        "-999999999999",
        "99999999999999999999",
        "2026-13-45",
    ),
    *("AAAA", "!!!!", "eyJhIjoxfQ==", "MIIB", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
)

_STATEMENTS: tuple[Any, ...] = (
    {"Effect": "Allow", "Action": "*", "Resource": "*"},
    {"Effect": "Deny", "NotAction": ["iam:*", "*:*"], "NotResource": ["arn:aws:iam::*:user/${aws:username}"]},
    {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
    {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sts:*",
        "Condition": {"Bool": {"aws:SecureTransport": [True, "x"]}},
    },
    {"Sid": "\ud800", "Effect": "Allow", "Action": [], "Resource": []},
    {"Effect": "allow", "Action": 1, "Resource": None},
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "::/129"}}},
    {
        "Effect": "Allow",
        "Action": "a:b",
        "Resource": "*",
        "Condition": {"ForAllValues:NumericLessThanIfExists": {"x": []}},
    },
    {"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "-1e400"}}},
)


class Pool:
    """What answers have told, by the members' names: names, ids, ARNs and tokens that mean something to the server."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=50))

    def learn(self, told: Any, name: str = "") -> None:
        """Take in an answer."""
        if isinstance(told, dict):
            for key, value in told.items():
                self.learn(value, str(key))
        elif isinstance(told, list):
            for value in told:
                self.learn(value, name.removesuffix("s"))
        elif isinstance(told, str) and 0 < len(told) < 5_000:
            self._seen[name.lower()].append(told)

    def recall(self, name: str, choice: random.Random) -> str | None:
        """Something that was told under that name, or one that ends alike."""
        wanted = name.lower()
        seen = self._seen.get(wanted)
        if seen is None:
            alike = [key for key in self._seen if key and (wanted.endswith(key) or key.endswith(wanted))]
            seen = self._seen[choice.choice(alike)] if alike else None
        return choice.choice(list(seen)) if seen else None


class Values:
    """Makes values; `hostility` is the share of them that are hostile."""

    def __init__(self, choice: random.Random, pool: Pool, hostility: float) -> None:
        self._choice, self._pool, self._hostility = choice, pool, hostility
        self._makers: dict[str, Callable[[Shape, Member, int], Any]] = {
            "structure": self._structure,
            "list": self._list,
            "map": self._map,
            "boolean": lambda shape, member, depth: choice.random() < 0.5,
            "integer": self._number,
            "long": self._number,
            "float": self._number,
            "double": self._number,
            "timestamp": lambda shape, member, depth: choice.choice([0, 1_767_225_600, 4_102_444_800]),
        }

    def of(self, member: Member, depth: int = 0) -> Any:
        """A value for a member: of its type, unless it is hostile."""
        choice = self._choice
        if choice.random() < self._hostility:
            return choice.choice([*HOSTILE, None, [], {}, 0, -1, 1.5, True, [[]], {"": ""}, ["a"] * 300])
        shape = member.shape
        make = self._makers.get(shape.type, self._text)
        return make(shape, member, depth)

    def chosen(self, members: tuple[Member, ...], depth: int = 0) -> dict[str, Any]:
        """Values by name: of the members that are required mostly, of the others sometimes."""
        choice = self._choice
        taken = [each for each in members if each.required or choice.random() < 0.35]
        if self._hostility and taken and choice.random() < 0.1:
            taken.remove(choice.choice(taken))
        return {each.name: self.of(each, depth + 1) for each in taken if depth < 6}

    def _structure(self, shape: Shape, member: Member, depth: int) -> Any:
        if not shape.members:
            return {}
        if self._choice.random() < 0.3:  # unions take exactly one member
            one = self._choice.choice(shape.members)
            return {one.name: self.of(one, depth + 1)} if depth < 6 else {}
        return self.chosen(shape.members, depth)

    def _list(self, shape: Shape, member: Member, depth: int) -> Any:
        least, most = int(shape.min or 0), int(shape.max or 5)
        number = self._choice.choice([least, 1, 2, min(most, 30), min(most + 1, 31)]) if depth < 4 else least
        return [self.of(shape.element, depth + 1) for _ in range(number)]

    def _map(self, shape: Shape, member: Member, depth: int) -> Any:
        keys = [self._text(shape.key.shape, shape.key, depth) for _ in range(self._choice.choice([0, 1, 2]))]
        return {key: self.of(shape.value, depth + 1) for key in keys}

    def _number(self, shape: Shape, member: Member, depth: int) -> Any:
        least, most = int(shape.min or 0), int(shape.max or 1_000)
        return self._choice.choice([least, most, least - 1, most + 1, (least + most) // 2, 1, 0, 1 << 31, 1 << 63])

    def _text(self, shape: Shape, member: Member, depth: int) -> str:
        choice = self._choice
        if shape.enum and choice.random() < 0.9:
            return choice.choice(shape.enum)
        if ("olicy" in member.name and "Document" in member.name) or member.name in (
            "Policy",
            "InlinePolicy",
            "Content",
        ):
            return self.policy()
        known = self._pool.recall(member.name, choice) if choice.random() < 0.9 else None
        if known is not None:
            return self._bent(known) if choice.random() < self._hostility else known
        least, most = int(shape.min or 1), int(shape.max or 64)
        length = choice.choice([least, min(least + 7, most), min(most, 2_000), min(most + 1, 2_000)])
        return "".join(choice.choice(string.ascii_letters + string.digits) for _ in range(length))

    def _bent(self, text: str) -> str:
        """A good text with one thing wrong."""
        place = self._choice.randrange(len(text))
        return text[:place] + self._choice.choice(HOSTILE[:40]) + text[place + self._choice.randrange(2) :]

    def policy(self) -> str:
        """A policy document, or nearly one."""
        choice = self._choice
        document: Any = {"Version": choice.choice(["2012-10-17", "2012-10-17", "2008-10-17", "2026", 1])}
        document["Statement"] = [choice.choice(_STATEMENTS) for _ in range(choice.choice([1, 1, 2, 3]))]
        text = json.dumps(document, ensure_ascii=choice.random() < 0.5)
        fate = choice.random()
        if fate < 0.1:
            return text[: choice.randrange(len(text))]
        return self._bent(text) if fate < 0.2 else text
