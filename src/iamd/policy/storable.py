"""What AWS demands of a document before it stores it, beyond the grammar: versions, Sids, ARNs, literals.

The wording is AWS's own, and so is its strictness: what passes here passes there, and the reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import values as typed
from .arns import FIELDS, split
from .document import LATEST_VERSION, Document, Kind, Statement
from .operators import OPERATORS, operator_name
from .problems import LEGACY, Problem, Rank
from .storable_principals import principal_problems
from .variables import keys as variables_in

_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_UNTOLD_PATHS = (*_IAM_PATHS, "u2f/", "role-template/", "${")  # AWS takes these too, though its message omits them
_PARTITION_PREFIX = "aws"
_OF_IAM = frozenset({Kind.IDENTITY, Kind.MANAGED, Kind.BOUNDARY, Kind.SESSION})
_READERS: dict[str, Callable[[str], object]] = {
    "Numeric": typed.number,
    "Date": typed.instant,
    "Ip": typed.network,
    "NotIp": typed.network,
    "Arn": lambda text: text == "*" or split(text),
    "Binary": typed.binary,
}


def storable(document: Document) -> list[Problem]:
    """Everything for which AWS would refuse to store the document, in no particular order."""
    problems = list(_version(document))
    problems += _sids(document)
    for statement in document.statements:
        found: list[tuple[Rank, str]] = [*_literals(document, statement), *principal_problems(document.kind, statement)]
        if document.kind in _OF_IAM:
            found += _actions(statement)
            found += _resources(document.kind, statement)
        problems += [_at(statement, rank, message) for rank, message in found]
    return problems


def _at(statement: Statement, rank: Rank, message: str) -> Problem:
    return Problem(rank, message, line=statement.start.line, column=statement.start.column)


def _version(document: Document) -> Iterator[Problem]:
    if document.kind is Kind.MANAGED and document.version != LATEST_VERSION:
        yield Problem(Rank.VERSION, "Policy document must be version 2012-10-17 or greater.")


def _sids(document: Document) -> Iterator[Problem]:
    if document.kind not in _OF_IAM and document.kind is not Kind.TRUST:
        return
    seen: set[str] = set()
    for statement in document.statements:
        sid = statement.sid
        if not sid:
            continue
        if sid in seen:
            unique = "Statement IDs (SID) in a single policy must be unique."
            trust = "The Statement Ids in the policy are not unique"
            yield _at(statement, Rank.SID, trust if document.kind is Kind.TRUST else unique)
        seen.add(sid)
        if not (sid.isascii() and sid.isalnum()):
            yield _at(
                statement,
                Rank.SID,
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
                "[0-9A-Za-z]*",
            )


def _actions(statement: Statement) -> Iterator[tuple[Rank, str]]:
    if not statement.actions:
        yield Rank.NO_ACTION, "Policy statement must contain actions."
    for action in statement.actions:
        vendor, _, name = action.partition(":")
        if action in ("*", "*:*") or ":" not in action:
            continue  # the grammar has spoken of actions without a vendor
        if ":" in name:
            yield Rank.ACTION, "Actions/Condition can contain only one colon."
        if "*" in vendor or "?" in vendor:
            yield Rank.ACTION, "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards."
        elif not vendor or not vendor.isascii() or not vendor.replace("-", "a").replace(".", "a").isalnum():
            yield Rank.ACTION, f"Vendor {vendor} is not valid"


def _resources(kind: Kind, statement: Statement) -> Iterator[tuple[Rank, str]]:
    if statement.resources is None:
        return
    if not statement.resources:
        yield Rank.NO_RESOURCE, "Policy statement must contain resources."
    for resource in statement.resources:
        if resource != "*":
            problem = _resource(resource)
            if problem is not None:
                yield problem
            elif kind is Kind.SESSION and split(resource) is None:
                yield Rank.LEGACY, LEGACY  # only stored policies have short ARNs completed


def _resource(resource: str) -> tuple[Rank, str] | None:
    fields = resource.split(":", FIELDS - 1)
    if len(fields) == 1:
        return Rank.RESOURCE, f'Resource {resource} must be in ARN format or "*".'
    partition, rest = fields[1], fields[2:]
    if not partition.startswith(_PARTITION_PREFIX) and partition != "*":
        shown = ":".join([partition, *rest, *["*"] * (FIELDS - len(fields))])
        return Rank.RESOURCE, f'Partition "{partition}" is not valid for resource "arn:{shown}".'
    if fields[0] != "arn":
        return Rank.RESOURCE, f'Resource {resource} must be in ARN format or "*".'
    if not rest:
        return Rank.RESOURCE, "Resource vendor must be fully qualified and cannot contain regexes."
    if not rest[0] or (len(fields) < FIELDS and "::" in resource):
        return Rank.LEGACY, LEGACY
    if "*" in rest[0] or "?" in rest[0]:
        return Rank.RESOURCE, "Resource vendor must be fully qualified and cannot contain regexes."
    return _of_service(resource, [*rest, *["*"] * (FIELDS - len(fields))])


def _of_service(resource: str, fields: list[str]) -> tuple[Rank, str] | None:
    service, region, account, path = fields
    if service == "iam" and region:
        return Rank.RESOURCE, f"IAM resource {resource} cannot contain region information."
    if service == "s3" and region and not account:
        return Rank.RESOURCE, f"Resource {resource} can not contain region information."
    if service == "iam" and path not in ("*", "root") and not path.startswith(_UNTOLD_PATHS):
        starts = ", ".join(_IAM_PATHS)
        return Rank.RESOURCE, f'IAM resource path must either be "*" or start with {starts}.'
    return None


def _literals(document: Document, statement: Statement) -> Iterator[tuple[Rank, str]]:
    """Operands that are not of their operator's type; session policies are only held to base64."""
    for condition in statement.conditions:
        name = operator_name(condition.operator)
        family = "" if name is None else next((each for each in _READERS if name.base.startswith(each)), "")
        if name is None or not family or (document.kind is Kind.SESSION and family != "Binary"):
            continue
        variables = document.has_variables and OPERATORS[name.base].takes_variables
        for text in condition.values:
            if variables and variables_in(text):
                continue
            read = _READERS[family](text)
            if read is None or (isinstance(read, typed.Network) and read.bits == 128 and not read.clean):
                yield Rank.LEGACY, LEGACY
