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
UNDEFINED: Any = object()  # a variable that has no value
MALFORMED = "malformed"  # an operand that is not of its operator's type


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
        value: Any = context.get(key.strip().lower(), default)
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


def ungranting(statement: Json, element: str) -> bool:
    """Whether the element is an empty list in an Allow, which grants nothing, negated or not."""
    return bool(statement["Effect"] == "Allow" and statement[element] == [])


def covers_action(statement: Json, action: str) -> bool:
    element = "NotAction" if "NotAction" in statement else "Action"

    def covered(text: str) -> bool:
        if text == "*":
            return True
        halves = zip(text.lower().split(":", 1), action.lower().split(":", 1), strict=True)
        return all(like([(char in "*?", char) for char in half], value) for half, value in halves)

    if ungranting(statement, element):
        return False
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

    if ungranting(statement, element):
        return False
    return any(map(covered, listed(statement[element]))) is (element == "Resource")


def instant(text: str) -> Any:
    try:
        if re.fullmatch(r"\d{4}(-\d\d)?", text):
            return instant(text + "-01")
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


def octets(text: str) -> Any:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def one_matches(operator: str, operand: Any, value: str, variables: bool, context: Json) -> Any:
    """Whether one operand matches one value, or MALFORMED; None: the value can match neither the operator nor its
    negation."""
    text = str(operand).lower() if isinstance(operand, bool) else str(operand)
    if operator.startswith(("String", "Arn")):
        pattern = expand(text, operator in ("StringLike", "ArnLike", "ArnEquals"), variables, context)
        if operator.startswith("Arn"):
            if not (value.startswith("arn:") and value.count(":") >= 5):
                return None
            if pattern is UNDEFINED or pattern == [(True, "*")]:
                return pattern is not UNDEFINED
            return arn_like(pattern, value) if plain(pattern).startswith("arn:") else MALFORMED
        if pattern is UNDEFINED:
            return False
        if operator == "StringLike":
            return like(pattern, value)
        folded = operator == "StringEqualsIgnoreCase"
        return plain(pattern).lower() == value.lower() if folded else plain(pattern) == value
    if operator == "Bool":
        return (text.lower() == "true") == (value.lower() == "true")
    if operator == "BinaryEquals":
        return MALFORMED if octets(text) is None else octets(text) == octets(value)
    if operator == "IpAddress":
        found = address(value)
        try:
            return None if found is None else found in ipaddress.ip_network(text, strict=":" in text)
        except ValueError:
            return MALFORMED
    read = instant if operator.startswith("Date") else number
    left, right = read(value), read(text)
    if right is None:
        return MALFORMED
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


def holds(name: str, key: str, operands: Any, effect: str, variables: bool, context: Json) -> bool:
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
        if not answers or None in answers:
            return False
        if MALFORMED in answers:  # it grants nothing, and denies whatever is compared with it
            return effect == "Deny" or (True in answers and not negated)
        return any(answers) is not negated

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
            holds(name, key, operands, statement["Effect"], variables, context)
            for name, block in statement.get("Condition", {}).items()
            for key, operands in block.items()
        )
    )


def account_of(text: str) -> str | None:
    parts = text.split(":", 5)
    return parts[4] if len(parts) == 6 and re.fullmatch(r"\d{12}", parts[4]) else None


def caller(request: Json) -> Json:
    """What is known of the caller: kind, ARN, account, and the ARN behind a session."""
    text, issuer = request["principal"], request.get("sessionIssuer")
    if text == "*" or not text.startswith("arn:"):
        kind, _, name = text.partition(":")
        return {"kind": kind, "arn": name or text, "account": None, "issuer": None}
    path = text.split(":", 5)[5]
    kind = path.split("/")[0]
    if kind == "assumed-role":
        issuer = issuer or f"arn:aws:iam::{account_of(text)}:role/{path.split('/')[1]}"
    return {"kind": kind, "arn": text, "account": account_of(text), "issuer": None if kind == "user" else issuer}


def types_of(element: Any) -> dict[str, list[str]]:
    return {"AWS": ["*"]} if element == "*" else {type_: listed(value) for type_, value in element.items()}


def lists_account(element: Any, request: Json) -> bool:
    texts, account = types_of(element), caller(request)["account"]
    if request.get("principalCanonicalUser", "") in texts.get("CanonicalUser", []):
        return True
    return account is not None and bool({account, f"arn:aws:iam::{account}:root"} & set(texts.get("AWS", [])))


def names(element: Any, request: Json) -> str:
    """How an element names the caller: everyone, self, issuer, account or an empty text."""
    who, texts = caller(request), types_of(element)
    aws = texts.get("AWS", [])
    if "*" in aws:
        return "everyone"
    if who["kind"] in ("service", "federated"):
        return "self" if who["arn"] in texts.get(who["kind"].capitalize(), []) else ""
    if who["arn"] in aws and who["kind"] != "root":
        return "issuer" if who["kind"] == "role" else "self"
    if who["issuer"] in aws:
        return "issuer"
    if not lists_account(element, request):
        return ""
    return "issuer" if (who["issuer"] or "").endswith(":root") else "account"


def spared(element: Any, request: Json) -> bool:
    """Whether a Deny leaves the caller out by NotPrincipal: the account, the role and the session are validated."""
    who, closeness = caller(request), names(element, request)
    if request.get("permissionsBoundaries") and who["account"]:
        return False
    if closeness == "everyone" or who["account"] is None:
        return bool(closeness)
    if not lists_account(element, request):
        return False
    aws = types_of(element).get("AWS", [])
    needed = {"root": [], "assumed-role": [who["arn"], who["issuer"]]}.get(who["kind"])
    return closeness != "account" if needed is None else set(needed) <= set(aws)


def named_by(statement: Json, request: Json, admits: bool) -> str:
    """`admits`: everyone includes the identities of a provider, as in control and endpoint policies."""
    if "NotPrincipal" in statement:
        if statement["Effect"] == "Deny":
            return "" if spared(statement["NotPrincipal"], request) else "everyone"
        nobody = not any(types_of(statement["NotPrincipal"]).values())
        return "" if nobody or names(statement["NotPrincipal"], request) else "everyone"
    if "Principal" not in statement:
        return "everyone"
    closeness, who = names(statement["Principal"], request), caller(request)
    if closeness == "everyone" and who["kind"] == "federated" and not admits and statement["Effect"] == "Allow":
        return "self" if who["arn"] in types_of(statement["Principal"]).get("Federated", []) else ""
    return closeness


def statements(documents: list[Json], effect: str, request: Json, admits: bool = False) -> list[Json]:
    """The statements of that effect which apply to the request and name its caller."""
    return [
        statement
        for document in documents
        for statement in listed(document["Statement"])
        if statement["Effect"] == effect
        and named_by(statement, request, admits)
        and applies(statement, document, request)
    ]


LINKED = ":role/aws-service-role/"
RECOVERIES = ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy")


def levels_of(request: Json, owner: str | None) -> tuple[list[list[Json]], list[list[Json]]]:
    """The control policies, level by level, that bind the caller, and those that bind the resource."""
    who, management = caller(request), request.get("managementAccount")
    scps = [[p["document"] for p in level["policies"]] for level in request.get("serviceControlPolicies", [])]
    rcps = [[p["document"] for p in level["policies"]] for level in request.get("resourceControlPolicies", [])]
    linked = LINKED in who["arn"] or LINKED in (who["issuer"] or "")
    if who["account"] is None or who["account"] == management or linked:
        scps = []
    exempt = request["action"].lower() == "kms:retiregrant" or (
        LINKED in request["resource"] and request["action"].lower().startswith("sts:")
    )
    if (owner is not None and owner == management) or linked or exempt:
        rcps = []
    return scps, rcps


def decide(request: Json) -> str:
    """The decision, for every kind of caller and layer that the JSON form has."""
    who, action = caller(request), request["action"].lower()
    if action in ("sts:getcalleridentity", "sts:getsessiontoken"):
        return ALLOWED
    account, owned = who["account"], who["account"] is not None
    owner = request.get("resourceAccount") or account_of(request["resource"]) or account
    identity = [each["document"] for each in request.get("identityPolicies") or []] if owned else []
    boundaries = request.get("permissionsBoundaries") or [] if owned else []
    session = request.get("sessionPolicies") or [] if owned else []
    policy = [request["resourcePolicy"]] if request.get("resourcePolicy") else []
    endpoint = [request["endpointPolicies"]] if request.get("endpointPolicies") else []
    scps, rcps = levels_of(request, owner)
    own, shared = [*scps, identity, boundaries, session], [*rcps, *endpoint]
    if any(statements(each, "Deny", request) for each in own):
        return EXPLICIT
    if any(statements(each, "Deny", request, True) for each in shared):
        return EXPLICIT
    recovers = who["kind"] == "root" and account == owner and action in RECOVERIES
    if statements(policy, "Deny", request) and not recovers:
        return EXPLICIT
    if not all(statements(level, "Allow", request, level in shared) for level in [*scps, *rcps, *endpoint]):
        return IMPLICIT
    granted = {named_by(statement, request, False) for statement in statements(policy, "Allow", request)}
    if not owned:
        return ALLOWED if granted else IMPLICIT
    trust = action.startswith("sts:") and ":role/" in request["resource"]
    sovereign = trust or (action.startswith("kms:") and ":key/" in request["resource"])
    if who["kind"] == "root":
        denials_only = not any(each["Effect"] == "Allow" for d in session for each in listed(d["Statement"]))
        if trust or not (denials_only or statements(session, "Allow", request)):
            return IMPLICIT
        return ALLOWED if granted or (account == owner and not sovereign) else IMPLICIT
    limited = not boundaries or bool(statements(boundaries, "Allow", request))
    needs_session = session or who["kind"] == "federated-user"
    limited = limited and (bool(statements(session, "Allow", request)) if needs_session else True)
    by_identity = bool(statements(identity, "Allow", request)) or (who["issuer"] or "").endswith(":root")
    if account != owner and action != "sts:assumeroot":
        return ALLOWED if by_identity and limited and granted else IMPLICIT
    if granted & {"self", "everyone"}:
        return ALLOWED
    if sovereign:
        by_identity = by_identity and bool(granted)
    return ALLOWED if limited and (by_identity or "issuer" in granted) else IMPLICIT
