"""AuthZEN's messages as they come in. What is absent is None, so that defaults can fill it in; unknown names are ignored."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

MAX_EVALUATIONS = 1000
SEMANTICS = ("execute_all", "deny_on_first_deny", "permit_on_first_permit")

Properties = dict[str, Any]
T = TypeVar("T")


class Malformed(Exception):
    """The request is not what the specification says; the message tells why."""


class Entity(msgspec.Struct):
    """A subject or a resource."""

    type: str | None = None
    id: str | None = None
    properties: Properties | None = None

    def over(self, default: Entity | None) -> Entity:
        """This one with the type and id of the default where it has none of its own; properties are its own alone."""
        if default is None or (self.type is not None and self.id is not None):
            return self
        return Entity(self.type or default.type, self.id or default.id, self.properties)


class Action(msgspec.Struct):
    """An action."""

    name: str | None = None
    properties: Properties | None = None

    def over(self, default: Action | None) -> Action:
        """This one with the default's name where it has none; properties are its own alone."""
        return self if default is None or self.name is not None else Action(default.name, self.properties)


class Page(msgspec.Struct):
    """Which part of a search is asked for; `next_token` is how drafts called `token`."""

    token: str | None = None
    next_token: str | None = None
    limit: int | None = None


class Evaluation(msgspec.Struct):
    """One question, or part of one."""

    subject: Entity | None = None
    action: Action | None = None
    resource: Entity | None = None
    context: Properties | None = None

    def over(self, default: Evaluation) -> Evaluation:
        """This one with the default's entities where it has none."""
        subject, action, resource = self.subject, self.action, self.resource
        return Evaluation(
            default.subject if subject is None else subject.over(default.subject),
            default.action if action is None else action.over(default.action),
            default.resource if resource is None else resource.over(default.resource),
            default.context if self.context is None else self.context,
        )


class Options(msgspec.Struct):
    """How several questions are to be answered."""

    evaluations_semantic: str | None = None


class Evaluations(Evaluation):
    """Several questions with what they have in common."""

    evaluations: list[Evaluation] | None = None
    options: Options | None = None


class _Unread(Evaluation):
    """Several questions, each to be read by itself."""

    evaluations: list[msgspec.Raw] | None = None
    options: Options | None = None


class Search(Evaluation):
    """A question with one entity left open."""

    page: Page | None = None


_evaluation = msgspec.json.Decoder(Evaluation)
_evaluations = msgspec.json.Decoder(Evaluations)
_unread = msgspec.json.Decoder(_Unread)
_search = msgspec.json.Decoder(Search)


def read_evaluation(body: bytes) -> Evaluation:
    """One question; raises Malformed unless it is one."""
    return _read(_evaluation, body)


def read_evaluations(body: bytes) -> tuple[Evaluations, dict[int, str]]:
    """Several questions, and what is wrong with those that could not be read. Raises Malformed for all else."""
    try:
        return checked(_evaluations.decode(body)), {}
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        found = _read(_unread, body)
    if found.evaluations is None:
        raise Malformed("the request is malformed")
    read, wrong = [], {}
    for at, raw in enumerate(found.evaluations):
        try:
            read.append(_evaluation.decode(raw))
        except msgspec.ValidationError as error:
            read.append(Evaluation())
            wrong[at] = str(error)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:  # seen in none of the parts before
            raise Malformed(str(error)) from None
    common = Evaluations(found.subject, found.action, found.resource, found.context, read, found.options)
    return checked(common), wrong


def read_search(body: bytes) -> Search:
    """A search; raises Malformed unless it is one."""
    return _read(_search, body)


def checked(found: Evaluations) -> Evaluations:
    """Several questions, not too many, with a semantic that there is; raises Malformed."""
    if found.evaluations is not None and len(found.evaluations) > MAX_EVALUATIONS:
        raise Malformed(f"`evaluations` holds more than {MAX_EVALUATIONS}: send several requests")
    semantic = found.options.evaluations_semantic if found.options else None
    if semantic is not None and semantic not in SEMANTICS:
        raise Malformed(f"`options.evaluations_semantic` must be one of {', '.join(SEMANTICS)}")
    return found


def _read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    if not body:
        raise Malformed("the request has no body")
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None


def missing(asked: Evaluation, *open_: str) -> str | None:
    """What a question lacks, but for the parts that are `open_` ("subject.id", "action"); None when it is complete."""
    for name, entity in (("subject", asked.subject), ("resource", asked.resource)):
        if entity is None:
            return f"`{name}` is missing"
        for part, value in (("type", entity.type), ("id", entity.id)):
            if not value and f"{name}.{part}" not in open_:
                return f"`{name}.{part}` is missing"
    if "action" not in open_ and (asked.action is None or not asked.action.name):
        return "`action` is missing" if asked.action is None else "`action.name` is missing"
    return None
