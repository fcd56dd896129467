"""AWS service models, read from the data files of the installed botocore package.

botocore itself is not imported: its JSON files are read, corrected by `patches.json`, and offered as small values that
resolve their parts on first use, so that loading a service takes milliseconds. Member order is the model's order,
which is the order of elements in AWS's answers. Prose is dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from iamd.wire import model_files as files

OWN = "iamd"
"""The service that AWS has not; its model stands beside this module."""

_ACRONYM_PLURAL = re.compile(r"[A-Z]{2,}s$")
_WORD_START = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """A member's or operation's name in snake case, as the AWS SDK for Python spells it (`SAMLArn` -> `saml_arn`)."""
    plural = _ACRONYM_PLURAL.search(name)
    if plural:
        name = f"{name[: plural.start()]}_{plural.group().lower()}"
    return _WORD_START.sub("_", name).lower()


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A named place for a value: a structure's member, or a list's element, or a map's key or value.

    `name` is the model's name and `location_name` what stands on the wire instead, when the model says so. `location`
    is where REST protocols have it: uri, querystring, header; None: in the body.
    """

    name: str
    snake: str
    required: bool
    sensitive: bool
    location_name: str | None
    flattened: bool
    target: str
    _shapes: _Shapes = field(repr=False)
    location: str | None = None
    query_name: str | None = None  # what the EC2 protocol has instead

    @property
    def shape(self) -> Shape:
        """The shape of the values (resolved late: shapes may be recursive)."""
        return self._shapes[self.target]

    @property
    def wire_name(self) -> str:
        """The name used on the wire."""
        return self.location_name or self.name


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A type of the model with its constraints.

    `type` is botocore's word: structure, list, map, string, integer, long, float, double, boolean, timestamp, blob.
    `members` are a structure's; `parts` are what a list or map is made of: ask `element`, or `key` and `value`.
    """

    name: str
    type: str
    members: tuple[Member, ...] = ()
    parts: tuple[Member, ...] = ()
    min: int | float | None = None
    max: int | float | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    sensitive: bool = False
    flattened: bool = False
    document: bool = False  # any JSON value
    timestamp_format: str | None = None

    @property
    def element(self) -> Member:
        """What a list is made of."""
        (element,) = self.parts
        return element

    @property
    def key(self) -> Member:
        """A map's keys."""
        key, _ = self.parts
        return key

    @property
    def value(self) -> Member:
        """A map's values."""
        _, value = self.parts
        return value


class _Shapes(dict[str, Shape]):
    """Shapes by name, built from the raw model when first asked for."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        super().__init__()
        self._raw = raw

    def raw(self, name: str) -> dict[str, Any]:
        """The shape as the model has it."""
        raw: dict[str, Any] = self._raw[name]
        return raw

    def __missing__(self, name: str) -> Shape:
        shape = self[name] = self._build(name, self._raw[name])
        return shape

    def _build(self, name: str, raw: dict[str, Any]) -> Shape:
        required = frozenset(raw.get("required", ()))
        return Shape(
            name=name,
            type=raw["type"],
            members=tuple(self._member(m, ref, m in required) for m, ref in raw.get("members", {}).items()),
            parts=tuple(self._member(part, raw[part]) for part in ("member", "key", "value") if part in raw),
            min=raw.get("min"),
            max=raw.get("max"),
            pattern=raw.get("pattern"),
            enum=tuple(raw.get("enum", ())),
            sensitive=raw.get("sensitive", False),
            flattened=raw.get("flattened", False),
            document=raw.get("document", False),
            timestamp_format=raw.get("timestampFormat"),
        )

    def _member(self, name: str, ref: dict[str, Any], required: bool = False) -> Member:
        target = self._raw[ref["shape"]]
        return Member(
            name=name,
            snake=snake(name),
            required=required,
            sensitive=target.get("sensitive", False),
            location_name=ref.get("locationName"),
            flattened=ref.get("flattened", target.get("flattened", False)),
            target=ref["shape"],
            _shapes=self,
            location=ref.get("location"),
            query_name=ref.get("queryName"),
        )


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation pages: names of members, as in the model."""

    input_token: str
    output_token: str
    limit_key: str | None
    more_results: str | None
    result_keys: tuple[str, ...]

    @property
    def result_key(self) -> str | None:
        """The (first) list that is paged."""
        return self.result_keys[0] if self.result_keys else None


@dataclass(frozen=True, eq=False)
class OperationModel:
    """One operation. Compared and hashed by identity: each is built once per process."""

    name: str
    service: ServiceModel = field(repr=False)
    paging: Paging | None = field(repr=False)
    _raw: dict[str, Any] = field(repr=False)
    _shapes: _Shapes = field(repr=False)

    @cached_property
    def snake(self) -> str:
        """The name in snake case: the name of the function that implements it."""
        return snake(self.name)

    @cached_property
    def input(self) -> Shape | None:
        """The structure of parameters; None when there are none."""
        return self._shapes[self._raw["input"]["shape"]] if "input" in self._raw else None

    @cached_property
    def inputs(self) -> tuple[Member, ...]:
        """The parameters in the model's order."""
        return self.input.members if self.input else ()

    @cached_property
    def output(self) -> Shape | None:
        """The structure of the answer; None when the operation answers nothing."""
        return self._shapes[self._raw["output"]["shape"]] if "output" in self._raw else None

    @cached_property
    def result_wrapper(self) -> str:
        """The element around the answer in the Query protocol."""
        wrapper: str = self._raw.get("output", {}).get("resultWrapper", f"{self.name}Result")
        return wrapper

    @property
    def method(self) -> str:
        """The HTTP method."""
        method: str = self._raw["http"]["method"]
        return method

    @property
    def uri(self) -> str:
        """The path, with labels in braces, and the query that the operation demands, if any."""
        uri: str = self._raw["http"]["requestUri"]
        return uri

    @cached_property
    def payload(self) -> str | None:
        """The member that is the whole body; None: the body's members are the operation's."""
        payload: str | None = self._raw.get("input") and self._shapes.raw(self._raw["input"]["shape"]).get("payload")
        return payload

    @cached_property
    def output_payload(self) -> str | None:
        """The member that is the whole body of the answer; None: the body's members are the operation's."""
        payload: str | None = self._raw.get("output") and self._shapes.raw(self._raw["output"]["shape"]).get("payload")
        return payload

    @property
    def success(self) -> int:
        """The status of a success, in the REST protocols."""
        status: int = self._raw["http"].get("responseCode", 200)
        return status

    @property
    def unsigned(self) -> bool:
        """Whether clients call it without a signature."""
        return self._raw.get("authtype") == "none" or self._raw.get("auth") == ["smithy.api#noAuth"]


@dataclass(frozen=True, eq=False)
class ServiceModel:
    """One service: metadata and operations by name. `name` is botocore's folder name ("iam", "sso-admin")."""

    name: str
    _raw: dict[str, Any] = field(repr=False)

    @property
    def _metadata(self) -> dict[str, str]:
        metadata: dict[str, str] = self._raw["metadata"]
        return metadata

    @cached_property
    def protocol(self) -> str:
        """query, json, rest-json, rest-xml, ec2 or smithy-rpc-v2-cbor."""
        return self._metadata["protocol"]

    @cached_property
    def api_version(self) -> str:
        """The date that names the API's version."""
        return self._metadata["apiVersion"]

    @cached_property
    def namespace(self) -> str:
        """The XML namespace of answers; empty for services that have none."""
        return self._metadata.get("xmlNamespace", "")

    @cached_property
    def signing_name(self) -> str:
        """The service's name in a signature's credential scope."""
        return self._metadata.get("signingName", self._metadata["endpointPrefix"])

    @cached_property
    def exceptions(self) -> Mapping[str, str]:
        """The names of the model's exceptions by the code that is sent for each."""
        shapes = self._raw["shapes"].items()
        return {raw.get("error", {}).get("code", name): name for name, raw in shapes if raw.get("exception")}

    @cached_property
    def target_prefix(self) -> str:
        """What stands before the operation in `X-Amz-Target`; empty for services that are not called that way."""
        return self._metadata.get("targetPrefix", "")

    @cached_property
    def json_version(self) -> str:
        """The version of the AWS JSON protocol: 1.0 or 1.1."""
        return self._metadata.get("jsonVersion", "1.1")

    def message_member(self, code: str) -> str:
        """The member that holds the message of an error of that code."""
        return "Message" if "Message" in self._raw["shapes"].get(code, {}).get("members", ()) else "message"

    @cached_property
    def throttling_exception(self) -> str:
        """What calls that come too fast are refused with, as a model may have it and CloudTrail records it."""
        name = "TooManyRequestsException"  # so Organizations has it
        return name if name in self.exceptions else "ThrottlingException"

    @cached_property
    def operations(self) -> Mapping[str, OperationModel]:
        """All operations by name, in the model's order."""
        shapes = _Shapes(self._raw["shapes"])
        paginators = self._raw["pagination"]
        return {
            name: OperationModel(name, self, _paging(paginators.get(name)), raw, shapes)
            for name, raw in self._raw["operations"].items()
        }


def _paging(raw: dict[str, Any] | None) -> Paging | None:
    if raw is None:
        return None
    result = raw.get("result_key", ())
    return Paging(
        input_token=_first(raw["input_token"]),
        output_token=_first(raw["output_token"]),
        limit_key=raw.get("limit_key"),
        more_results=raw.get("more_results"),
        result_keys=(result,) if isinstance(result, str) else tuple(result),
    )


def _first(token: str | list[str]) -> str:
    return token if isinstance(token, str) else token[0]


@cache
def load(service: str) -> ServiceModel:
    """The newest model of the service with that botocore name, corrected; LookupError when there is none."""
    return read(service)


def read(service: str) -> ServiceModel:
    """The same, read anew: for who keeps models himself, and not all of them."""
    if service == OWN:
        return ServiceModel(
            service, {**json.loads(Path(__file__).with_name("iamd.json").read_text()), "pagination": {}}
        )
    newest = files.newest(service)
    raw = files.read(newest, "service-2.json")
    raw["pagination"] = files.read(newest, "paginators-1.json").get("pagination", {})
    for patch in _patches().get(service, ()):
        _apply(patch, raw)
    return ServiceModel(service, raw)


@cache
def _patches() -> dict[str, list[dict[str, Any]]]:
    patches: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("patches.json").read_text())
    return patches


def _apply(patch: dict[str, Any], raw: dict[str, Any]) -> None:
    """Set the value at the patch's path of keys in the raw model."""
    *way, last = patch["path"]
    place = raw
    for key in way:
        place = place[key]
    place[last] = patch["value"]
