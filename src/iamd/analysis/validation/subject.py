"""A policy as the checks see it: elements found, whatever is wrong with them, and nothing judged yet."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.validation.tree import Node
from iamd.policy import Kind
from iamd.policy.document import FIRST_VERSION, LATEST_VERSION
from iamd.policy.memo import remembered
from iamd.policy.operators import OperatorName, operator_name
from iamd.policy.patterns import Pattern, mark

TRUST_RESOURCE = "AWS::IAM::AssumeRolePolicyDocument"
IDENTITY_KINDS = frozenset({Kind.IDENTITY, Kind.MANAGED, Kind.BOUNDARY, Kind.SESSION})


class Condition:
    """One key under one operator. `name` is the operator taken apart, None where there is no such operator."""

    __slots__ = ("folded", "key", "name", "operator", "value", "values")

    def __init__(self, operator: Node, key: Node, value: Node) -> None:
        self.operator = operator
        self.key = key
        self.folded = key.text.lower()
        self.value = value
        self.values = [each for each in value.each() if each.kind in ("string", "number", "boolean")]
        self.name: OperatorName | None = operator_name(operator.text)

    @property
    def base(self) -> str:
        """The operator without qualifier and suffix; empty where there is no such operator."""
        return "" if self.name is None else self.name.base

    @property
    def negated(self) -> bool:
        return "Not" in self.base


class Statement:
    """One statement. Elements are None where absent; `actions` and `resources` are the strings in them."""

    def __init__(self, node: Node) -> None:
        members = node.members
        self.node = node
        self.effect = members["Effect"].text if "Effect" in members else ""
        self.not_action = "NotAction" in members
        self.not_resource = "NotResource" in members
        self.not_principal = "NotPrincipal" in members
        self.action = members.get("NotAction") if self.not_action else members.get("Action")
        self.resource = members.get("NotResource") if self.not_resource else members.get("Resource")
        self.principal = members.get("NotPrincipal") if self.not_principal else members.get("Principal")
        self.actions = [] if self.action is None else list(self.action.strings())
        self.resources = [] if self.resource is None else list(self.resource.strings())
        self.conditions = list(_conditions(members.get("Condition")))
        self._plain: dict[str, object] = {}

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    @property
    def denies(self) -> bool:
        return self.effect == "Deny"

    def principals(self, type_: str) -> list[Node]:
        """The principals of that type: `AWS`, `Service`, `Federated` or `CanonicalUser`."""
        if self.principal is None or type_ not in self.principal.members:
            return []
        return list(self.principal.members[type_].strings())

    @property
    def is_for_everyone(self) -> bool:
        """Whether the principal is `*`, or has `*` among the AWS principals."""
        bare = self.principal is not None and self.principal.kind == "string" and self.principal.text == "*"
        return bare or any(node.text == "*" for node in self.principals("AWS"))

    def condition_keys(self) -> set[str]:
        """The condition keys, in lower case."""
        return {condition.folded for condition in self.conditions}

    def plain(self, element: str) -> object:
        """An element without places, for comparisons; None where absent."""
        if element not in self._plain:
            node = self.node.members.get(element)
            self._plain[element] = None if node is None else node.plain()
        return self._plain[element]

    def names(self, action: str) -> bool:
        """Whether the statement is about an action (lower case): by its Action or past its NotAction."""
        return any(covers(node.text.lower(), action) for node in self.actions) is not self.not_action


def _conditions(block: Node | None) -> Iterator[Condition]:
    for operator, keys in ({} if block is None else block.members).items():
        for key, value in keys.members.items():
            yield Condition(block.keys[operator], keys.keys[key], value)  # type: ignore[union-attr]


class Subject:
    """A policy with what it is for. `resource_type` is that of ValidatePolicy for resource policies, or None."""

    def __init__(self, text: str, root: Node, kind: Kind, resource_type: str | None) -> None:
        self.text = text
        self.root = root
        self.kind = kind
        self.resource_type = resource_type
        version = root.members.get("Version")
        self.version = FIRST_VERSION if version is None else version.text
        element = root.members.get("Statement")
        nodes = [] if element is None else [node for node in element.each() if node.kind == "object"]
        self.statements = [Statement(node) for node in nodes]
        if kind is Kind.RESOURCE and resource_type is None and _trusts(self.statements):
            self.kind = Kind.TRUST

    @property
    def has_variables(self) -> bool:
        return self.version == LATEST_VERSION

    @property
    def is_trust(self) -> bool:
        return self.kind is Kind.TRUST

    @property
    def is_identity(self) -> bool:
        return self.kind in IDENTITY_KINDS


def _trusts(statements: list[Statement]) -> bool:
    """Whether a resource policy of no told type is a role's trust policy: nothing but STS, and no resource."""
    actions = [node.text.lower() for statement in statements for node in statement.actions]
    return bool(actions) and all(each.startswith("sts:") for each in actions) and all(
        statement.resource is None for statement in statements
    )  # fmt: skip


KEPT = 1_000_000  # characters of what is asked again and again, for each question


def covers(pattern: str, text: str) -> bool:
    """Whether a pattern of a policy matches a text, or all that another pattern matches."""
    if pattern in ("*", text):
        return True
    if "?" in pattern and "*" in text:
        return False  # it may, but a `?` covers no `*`, and which of them meet is not looked into
    return ("*" in pattern or "?" in pattern) and _compiled(pattern).matches(text)


@remembered(KEPT)
def _compiled(pattern: str) -> Pattern:
    return Pattern(mark(pattern))
