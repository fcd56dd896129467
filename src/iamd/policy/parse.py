"""The grammar: from text to a document, with every error found at once.

`read_document` asks for what an evaluation needs: known elements, operators and effects, and values of the right
type. `parse` asks, on top, for what AWS demands of a document before it stores it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from .document import FIRST_VERSION, LATEST_VERSION, Condition, Document, Kind, Position, Principals, Statement
from .operators import operator_name
from .problems import INVALID_JSON, LEGACY, SYNTAX, MalformedPolicy, Problem, Rank
from .scan import Array, Lines, NotJson, Number, Object, Value, scan, scan_quickly
from .storable import storable
from .text import lower

_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_NOWHERE = Position(1, 1)
_PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")


def parse(text: str, kind: Kind) -> Document:
    """The document, if AWS would store it as one of that kind; MalformedPolicy with all that is wrong otherwise."""
    document, problems = _Reader(text, kind).read()
    problems = [*problems, *storable(document)]
    if problems:
        raise MalformedPolicy(problems)
    return document


def read_document(text: str, kind: Kind) -> Document:
    """The document, if it can be evaluated; MalformedPolicy otherwise."""
    document, problems = _Reader(text, kind).read()
    if problems:
        raise MalformedPolicy(problems)
    return document


def quick_document(text: str, kind: Kind) -> Document:
    """The same document with nothing said of where its statements stand, several times as fast."""
    try:
        tree = scan_quickly(text)
    except NotJson:
        return read_document(text, kind)
    if isinstance(tree, Object):
        reader = _Reader(text, kind, placed=False)
        document = reader.document(tree)
        if not reader.problems:
            return document
    return read_document(text, kind)  # what is wrong is told with its place


class _Reader:
    """Reads one document. Where an element is wrong, a problem is noted and reading goes on without it."""

    def __init__(self, text: str, kind: Kind, placed: bool = True) -> None:
        self.text = text
        self.kind = kind
        self.lines = Lines(text) if placed else None
        self.problems: list[Problem] = []
        self.place = 0  # of the statement that is being read

    def note(self, message: str, rank: Rank = Rank.SYNTAX, detail: str = "") -> None:
        place = self.position(self.place)
        self.problems.append(Problem(rank, message, detail, place.line, place.column))

    def position(self, offset: int) -> Position:
        return _NOWHERE if self.lines is None else Position(*self.lines.place(offset))

    def read(self) -> tuple[Document, list[Problem]]:
        try:
            tree = scan(self.text)
        except NotJson as error:
            self.place = error.offset
            self.note(INVALID_JSON if self.kind.names_principals else SYNTAX, detail=str(error))
            raise MalformedPolicy(self.problems) from None
        if not isinstance(tree, Object):
            self.note(INVALID_JSON if self.kind.names_principals else SYNTAX, detail="not an object")
            raise MalformedPolicy(self.problems)
        return self.document(tree), self.problems

    def document(self, tree: Object) -> Document:
        for name in tree.members.keys() - _TOP:
            self.note(SYNTAX, detail=f"unknown element `{name}`")
        version = self._version(tree)
        id_ = self._text(tree, "Id")
        return Document(self.kind, self.text, version, id_, self._statements(tree))

    def _version(self, tree: Object) -> str:
        version = tree.members.get("Version", FIRST_VERSION)
        if version not in (FIRST_VERSION, LATEST_VERSION) or not isinstance(version, str):
            principals = self.kind.names_principals
            message = "The policy must contain a valid version string" if principals else SYNTAX
            self.note(message, detail="unknown version")
            return FIRST_VERSION
        return version

    def _text(self, node: Object, name: str) -> str | None:
        value = node.members.get(name)
        if value is None and name not in node.members:
            return None
        if not isinstance(value, str):
            self.note(SYNTAX, detail=f"`{name}` must be a string")
            return None
        return value

    def _statements(self, tree: Object) -> tuple[Statement, ...]:
        found = tree.members.get("Statement")
        if isinstance(found, Object):
            self.place = found.start
            return (self._statement(0, found, found.start),)
        items = _items(found)
        if not items:
            empty = "Could not parse the policy: Statement is empty!"
            self.note(empty if self.kind.names_principals else SYNTAX, detail="no statement")
            return ()
        statements = []
        for index, node in enumerate(items):
            self.place = found.before[index] if isinstance(found, Array) else 0
            if isinstance(node, Object):
                statements.append(self._statement(index, node, self.place))
            else:
                self.note(SYNTAX, detail="a statement must be an object")
        return tuple(statements)

    def _statement(self, index: int, node: Object, start: int) -> Statement:
        for name in node.members.keys() - _ELEMENTS:
            self.note(SYNTAX, detail=f"unknown element `{name}`")
        for name in ("Principal", "Action", "Resource"):
            if name in node.members and "Not" + name in node.members:
                self.note(SYNTAX, detail=f"both `{name}` and `Not{name}`")
        resources = self._resources(node)
        return Statement(
            index=index,
            sid=self._text(node, "Sid"),
            allow=self._effect(node),
            principals=self._principals(node),
            actions=self._actions(node),
            not_action="NotAction" in node.members,
            resources=resources,
            not_resource="NotResource" in node.members,
            conditions=self._conditions(node),
            start=self.position(start),
            end=self.position(node.end),
        )

    def _effect(self, node: Object) -> bool:
        effect = node.members.get("Effect")
        if effect in ("Allow", "Deny"):
            return effect == "Allow"
        if self.kind.names_principals:
            missing = "Effect" not in node.members
            shown = effect if isinstance(effect, str) else ""
            self.note("Missing required field Effect" if missing else f"Invalid effect: {shown}")
        elif isinstance(effect, str) and lower(effect) in ("allow", "deny"):
            self.note(LEGACY, Rank.LEGACY, "`Effect` is case-sensitive")
        else:
            self.note(SYNTAX, detail="`Effect` must be `Allow` or `Deny`")
        return False

    def _list(self, node: Object, name: str) -> tuple[str, ...]:
        """The strings of an element that is a string or a list of them."""
        value = node.members.get(name)
        found = _items(value)
        items = [value] if found is None else found
        texts = tuple([item for item in items if isinstance(item, str)])
        if len(texts) != len(items):
            self.note(SYNTAX, detail=f"`{name}` must be a string or a list of strings")
        return texts

    def _actions(self, node: Object) -> tuple[str, ...]:
        name = "NotAction" if "NotAction" in node.members else "Action"
        if name not in node.members:
            missing = "Missing required field Action"
            self.note(
                missing if self.kind.names_principals else "Policy statement must contain actions.", Rank.NO_ACTION
            )
            return ()
        actions = self._list(node, name)
        for action in actions:
            if action != "*" and ":" not in action:
                vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                self.note(vendor, Rank.VENDORLESS, f"`{action}`")
        return actions

    def _resources(self, node: Object) -> tuple[str, ...] | None:
        name = "NotResource" if "NotResource" in node.members else "Resource"
        if name not in node.members:
            if not self.kind.names_principals:
                self.note("Policy statement must contain resources.", Rank.NO_RESOURCE)
            return None
        if self.kind is Kind.TRUST:
            prohibited = name == "Resource"
            self.note(
                "Has prohibited field Resource" if prohibited else "AssumeRole policy must not contain resources.",
                Rank.NO_RESOURCE,
            )
        return self._list(node, name)

    def _principals(self, node: Object) -> Principals | None:
        name = "NotPrincipal" if "NotPrincipal" in node.members else "Principal"
        if name not in node.members:
            if self.kind.names_principals:
                self.note("Missing required field Principal", Rank.PRINCIPAL)
            return None
        if not self.kind.names_principals:
            self.note("Policy document should not specify a principal.", Rank.PRINCIPAL)
            return None
        value = node.members[name]
        negated = name == "NotPrincipal"
        if value == "*":
            return Principals(negated, everyone=True, bare=True)
        if not isinstance(value, Object):
            self.note("Principal must be a JSON object.", Rank.PRINCIPAL)
            return None
        if not value.members:
            self.note("Missing required field Principal cannot be empty!", Rank.PRINCIPAL)
        for type_ in value.members.keys() - set(_PRINCIPAL_TYPES):
            self.note(f'Invalid principal in policy: "{type_}"', Rank.PRINCIPAL)
        listed = [self._list(value, type_) if type_ in value.members else () for type_ in _PRINCIPAL_TYPES]
        aws, service, federated, canonical = listed
        for type_, texts in zip(_PRINCIPAL_TYPES[1:], listed[1:], strict=True):
            if "*" in texts:  # only AWS principals have a wildcard
                self.note(f'Invalid principal in policy: "{type_.upper()}":"*"', Rank.PRINCIPAL)
        named = tuple(text for text in aws if text != "*")
        return Principals(negated, "*" in aws, False, named, service, federated, canonical)

    def _conditions(self, node: Object) -> tuple[Condition, ...]:
        block = node.members.get("Condition")
        if block is None and "Condition" not in node.members:
            return ()
        if not isinstance(block, Object):
            self.note(SYNTAX, detail="`Condition` must be an object")
            return ()
        found: list[Condition] = []
        for operator, keys in block.members.items():
            if not isinstance(keys, Object):
                self.note(SYNTAX, detail=f"`{operator}` must be an object")
            elif keys.members and operator_name(operator) is None:
                self.note(SYNTAX, detail=f"unknown condition operator `{operator}`")
            else:
                found += [Condition(operator, key, self._operands(value)) for key, value in keys.members.items()]
        return tuple(found)

    def _operands(self, value: Value) -> tuple[str, ...]:
        texts: list[str] = []
        items = _items(value)
        for item in [value] if items is None else items:
            if isinstance(item, str):
                texts.append(item)
            elif isinstance(item, bool):
                texts.append("true" if item else "false")
            elif isinstance(item, Number):
                texts.append(item.text)
            else:
                self.note(SYNTAX, detail="a condition's value must be a string, a number or a Boolean")
        return tuple(texts)


def _items(value: Value) -> list[Value] | None:
    """What is in an array; None where it is none."""
    if isinstance(value, Array):
        return value.items
    return value if isinstance(value, list) else None
