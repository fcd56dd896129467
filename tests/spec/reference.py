"""The reference evaluator: AWS's documented rules, slow and obvious.

It shares nothing with `iamd.policy`: it walks the JSON of a request as `iamd evaluate --jsonl` takes it, statement by
statement, with matchers of its own. Where the two disagree, one of them misreads the documentation:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import base64
import ipaddress
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

ALLOWED, EXPLICIT, IMPLICIT = "allowed", "explicitDeny", "implicitDeny"
Json = dict[str, Any]
UNDEFINED = object()  # a variable that has no value


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def utf16(text: str) -> list[str]:
    raw = text.encode("utf-16-be", "surrogatepass")
    return [raw[at : at + 2].hex() for at in range(0, len(raw), 2)]


COLON = utf16(":")[0]


def table(tokens: list[tuple[str, bool]], units: list[str]) -> bool:
    """A table of which pattern prefixes match which value prefixes. Tokens: a unit or wildcard, whether it may be a
    colon."""
    row = [True] + [False] * len(units)
    for token, free in tokens:
        takes = [free or unit != COLON for unit in units]
        if token == "*":
            for at, unit_taken in enumerate(takes):
                row[at + 1] = row[at + 1] or (row[at] and unit_taken)
        elif token == "?":
            row = [False] + [row[at] and unit_taken for at, unit_taken in enumerate(takes)]
        else:
            row = [False] + [row[at] and token == unit for at, unit in enumerate(units)]
    return row[-1]


def like(pattern: list[tuple[bool, str]], value: str) -> bool:
    """Pattern: (is a wildcard, character)."""
    tokens: list[tuple[str, bool]] = []
    for wild, char in pattern:
        tokens += [(token, True) for token in ([char] if wild else utf16(char))]
    return table(tokens, utf16(value))


def expand(text: str, wild: bool, variables: bool, context: Json) -> Any:
    """Text with its variables replaced, as (is a wildcard, character) pairs; what a variable brings in is literal."""
    pattern: list[tuple[bool, str]] = []
    pieces = re.split(r"(\$\{[^}]*\})", text) if variables else [text]
    for piece in pieces:
        if not (variables and re.fullmatch(r"\$\{[^}]*\}", piece)):
            pattern += [(wild and char in "*?", char) for char in piece]
            continue
        body = piece[2:-1]
        if body in ("*", "?", "$"):
            pattern.append((False, body))
            continue
        defaulted = re.fullmatch(r"([^,]*),\s*'(.*)'\s*", body, re.DOTALL)
        key, default = (defaulted[1], defaulted[2]) if defaulted else (body, UNDEFINED)
        value = context.get(key.strip().lower(), default)
        if isinstance(value, list):  # no default stands in for many values
            value = UNDEFINED if value else default
        if value is UNDEFINED:
            return UNDEFINED
        pattern += [(False, char) for char in value]
    return pattern


def plain(pattern: list[tuple[bool, str]]) -> str:
    return "".join(char for _, char in pattern)


def fields_of(pattern: list[tuple[bool, str]]) -> list[list[tuple[bool, str]]]:
    fields: list[list[tuple[bool, str]]] = [[]]
    for wild, char in pattern:
        if char == ":" and len(fields) < 6:
            fields.append([])
        else:
            fields[-1].append((wild, char))
    return fields


def arn_like(pattern: list[tuple[bool, str]], value: str) -> bool:
    """Field by field; a lone `*` is every ARN."""
    fields, parts = fields_of(pattern), value.split(":", 5)
    if pattern == [(True, "*")]:
        return True
    return len(parts) == len(fields) == 6 and all(like(f, p) for f, p in zip(fields, parts, strict=True))


def resource_like(pattern: list[tuple[bool, str]], value: str) -> bool:
    """As a whole: of the wildcards in the first five fields only a `*` at a field's end may go on past the colon."""
    fields = fields_of(pattern)
    fields += [[(True, "*")]] * (6 - len(fields))
    tokens: list[tuple[str, bool]] = []
    for at, field in enumerate(fields):
        for place, (wild, char) in enumerate(field):
            free = at == 5 or (char == "*" and place == len(field) - 1)
            tokens += [(token, free) for token in ([char] if wild else utf16(char))]
        tokens += [(COLON, True)] if at < 5 else []
    return table(tokens, utf16(value))


def covers_action(statement: Json, action: str) -> bool:
    element = "NotAction" if "NotAction" in statement else "Action"

    def covered(text: str) -> bool:
        if text == "*":
            return True
        halves = zip(text.lower().split(":", 1), action.lower().split(":", 1), strict=True)
        return all(like([(char in "*?", char) for char in half], value) for half, value in halves)

    return any(map(covered, listed(statement[element]))) is (element == "Action")


def covers_resource(statement: Json, resource: str, variables: bool, context: Json) -> bool:
    element = "NotResource" if "NotResource" in statement else "Resource"
    if element not in statement:
        return True

    def covered(text: str) -> bool:
        if text == "*":
            return True
        pattern = expand(text, True, variables, context)
        if pattern is UNDEFINED:  # grants nothing: not what is listed, and not what is left when all but it is allowed
            return element == "NotResource" and statement["Effect"] == "Allow"
        return resource_like(pattern, resource)

    return any(map(covered, listed(statement[element]))) is (element == "Resource")


def instant(text: str) -> Any:
    try:
        if re.fullmatch(r"\d{4}", text):
            return instant(text + "-01-01")
        if re.fullmatch(r"\d+", text):
            return int(text) * 1000
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def number(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def address(text: str) -> Any:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def one_matches(operator: str, operand: Any, value: str, variables: bool, context: Json) -> Any:
    """Whether one operand matches one value; None: the value can match neither the operator nor its negation."""
    text = str(operand).lower() if isinstance(operand, bool) else str(operand)
    if operator.startswith(("String", "Arn")):
        pattern = expand(text, operator in ("StringLike", "ArnLike", "ArnEquals"), variables, context)
        if operator.startswith("Arn"):
            if not (value.startswith("arn:") and value.count(":") >= 5):
                return None
            return pattern is not UNDEFINED and arn_like(pattern, value)
        if pattern is UNDEFINED:
            return False
        if operator == "StringLike":
            return like(pattern, value)
        folded = operator == "StringEqualsIgnoreCase"
        return plain(pattern).lower() == value.lower() if folded else plain(pattern) == value
    if operator == "Bool":
        return (text.lower() == "true") == (value.lower() == "true")
    if operator == "BinaryEquals":
        return base64.b64decode(text) == base64.b64decode(value)
    if operator == "IpAddress":
        found, network = address(value), ipaddress.ip_network(text, strict=":" in text)
        return None if found is None else found in network
    read = instant if operator.startswith("Date") else number
    left, right = read(value), read(text)
    if left is None:
        return False
    comparison = re.sub("^(Date|Numeric)", "", operator)
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }[comparison]


def holds(name: str, key: str, operands: Any, variables: bool, context: Json) -> bool:
    value = context.get(key.lower())
    if name == "Null":
        empty = value is None or value in ([], [""])
        return any((str(operand).lower() == "true") is empty for operand in listed(operands))
    parts = re.fullmatch(r"(ForAllValues:|ForAnyValue:)?(.*?)(IfExists)?", name)
    assert parts is not None
    qualifier, operator, if_exists = parts.groups()
    negated = "Not" in operator
    operator = operator.replace("Not", "")

    def single(text: str) -> bool:
        answers = [one_matches(operator, operand, text, variables, context) for operand in listed(operands)]
        return bool(answers) and None not in answers and any(answers) is not negated

    if qualifier and value in (None, [], [""], ""):
        return qualifier == "ForAllValues:"
    if qualifier:
        every = all if qualifier == "ForAllValues:" else any
        return every(single(text) for text in listed(value))
    if value is None:
        return bool(if_exists) or (negated and operands != [])
    return isinstance(value, str) and single(value)


def applies(statement: Json, document: Json, request: Json) -> bool:
    variables = document.get("Version") == "2012-10-17"
    context = {key.lower(): value for key, value in request.get("context", {}).items()}
    return (
        covers_action(statement, request["action"])
        and covers_resource(statement, request["resource"], variables, context)
        and all(
            holds(name, key, operands, variables, context)
            for name, block in statement.get("Condition", {}).items()
            for key, operands in block.items()
        )
    )


def names(element: Any, request: Json) -> str:
    """How an element names the caller: everyone, self, issuer, account or an empty text."""
    principal, issuer = request["principal"], request.get("sessionIssuer")
    texts = {"AWS": ["*"]} if element == "*" else {type_: listed(value) for type_, value in element.items()}
    aws = texts.get("AWS", [])
    if "*" in aws:
        return "everyone"
    if principal.startswith("service:"):
        return "self" if principal.removeprefix("service:") in texts.get("Service", []) else ""
    if principal == "*":
        return ""
    _, _, service, _, account, path = principal.split(":", 5)
    if path.startswith("assumed-role/"):
        issuer = issuer or f"arn:aws:iam::{account}:role/{path.split('/')[1]}"
    if principal in aws and path != "root":
        return "issuer" if service == "iam" and path.startswith("role/") else "self"
    if issuer in aws:
        return "issuer"
    return "account" if account in aws or f"arn:aws:iam::{account}:root" in aws else ""


def named_by(statement: Json, request: Json) -> str:
    if "NotPrincipal" in statement:
        return "" if names(statement["NotPrincipal"], request) else "everyone"
    return names(statement["Principal"], request) if "Principal" in statement else "everyone"


def statements(documents: list[Json], effect: str, request: Json) -> list[Json]:
    """The statements of that effect which apply to the request and name its caller."""
    return [
        statement
        for document in documents
        for statement in listed(document["Statement"])
        if statement["Effect"] == effect and named_by(statement, request) and applies(statement, document, request)
    ]


def decide(request: Json) -> str:
    """The decision for callers of an account, services and anonymous callers (trust and key policies left out)."""
    principal = request["principal"]
    owned = principal.startswith("arn:")
    account = principal.split(":")[4] if owned else None
    owner = request.get("resourceAccount") or account
    identity = [each["document"] for each in request.get("identityPolicies", [])] if owned else []
    boundaries = request.get("permissionsBoundaries", []) if owned else []
    session = request.get("sessionPolicies", []) if owned else []
    policy = [request["resourcePolicy"]] if request.get("resourcePolicy") else []
    levels = [[p["document"] for p in level["policies"]] for level in request.get("serviceControlPolicies", [])]
    management = request.get("managementAccount")
    levels = levels if owned and account != management and ":role/aws-service-role/" not in principal else []
    rcps = [[p["document"] for p in level["policies"]] for level in request.get("resourceControlPolicies", [])]
    levels += rcps if owner is None or owner != management else []
    levels += [request["endpointPolicies"]] if request.get("endpointPolicies") else []
    everything = [*identity, *boundaries, *session, *policy, *(document for level in levels for document in level)]
    if statements(everything, "Deny", request):
        return EXPLICIT
    if not all(statements(level, "Allow", request) for level in levels):
        return IMPLICIT
    granted = {named_by(statement, request) for statement in statements(policy, "Allow", request)}
    if not owned:
        return ALLOWED if granted else IMPLICIT
    if principal.endswith(":root"):
        return ALLOWED if account == owner or granted else IMPLICIT
    by_identity = bool(statements(identity, "Allow", request))
    federated = principal.split(":")[5].startswith("federated-user/")
    limited = not boundaries or bool(statements(boundaries, "Allow", request))
    limited = limited and (bool(statements(session, "Allow", request)) if session or federated else True)
    if account != owner:
        return ALLOWED if by_identity and limited and granted else IMPLICIT
    if granted & {"self", "everyone"}:
        return ALLOWED
    return ALLOWED if limited and (by_identity or "issuer" in granted) else IMPLICIT
