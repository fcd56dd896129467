"""`iamd check`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from iamd.analysis.checks import SERVICES, Outcome, access_not_granted, no_new_access, no_public_access
from iamd.analysis.equivalence import dead, difference, redundant
from iamd.analysis.external import Zone
from iamd.analysis.references import compared
from iamd.analysis.shrink import shrunk
from iamd.analysis.symbolic import Access, Undecided, new_access, nothing_of
from iamd.cli import Failure
from iamd.cli.checking import outsiders
from iamd.cli.checking.found import TRUST
from iamd.cli.checking.sources import Source, sources
from iamd.cli.checking.verdict import Finding, Verdict, sarif
from iamd.policy import Document, Kind, MalformedPolicy
from iamd.policy.arns import account_of

_COMPARING = ("no-new-access", "equivalent", "subsumes")
_ALONE = ("access-not-granted", "no-public-access", "no-external-access", "dead-statements", "redundant", "shrink")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked, and of which policies."""
    parser.add_argument("check", choices=(*_COMPARING, *_ALONE), help="what is asked of each policy")
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a policy, policies by ARN (JSON), CloudFormation template or Terraform plan (JSON); - is standard input",
    )
    parser.add_argument("--than", metavar="FILE", help="what the policies are compared with (a plan has its own)")
    parser.add_argument(
        "--type", choices=[kind.value for kind in Kind], help="what policy documents are for (default: as they tell)"
    )
    parser.add_argument("--action", action="append", default=[], help="for access-not-granted; may be given again")
    parser.add_argument("--resource", action="append", default=[], help="for access-not-granted; may be given again")
    parser.add_argument("--resource-type", choices=sorted(SERVICES), metavar="TYPE", help="for no-public-access")
    parser.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="ID",
        help="own account, for no-external-access; may be given again",
    )
    parser.add_argument("--organization", metavar="ID", help="own organization, for no-external-access")
    parser.add_argument("--sarif", action="store_true", help="print the findings as SARIF, for code scanning")


def command(args: argparse.Namespace) -> int:
    """Answer for each policy, with a request that shows every no; 1 when there is one."""
    kind = None if args.type is None else Kind(args.type)
    listed = [source for file in args.files for source in sources(file, kind)]
    if args.check == "no-public-access":
        listed = [each for each in listed if each.document.kind in (Kind.RESOURCE, Kind.TRUST)]
    others = _others(args, kind)
    if args.check == "no-external-access":
        verdicts = outsiders.verdicts(listed, _zone(args, listed))
    else:
        verdicts = [_verdict(args, each, others.get(each.name, each.before)) for each in listed]
    if args.sarif:
        print(json.dumps(sarif(args.check, verdicts)))
    elif args.json:
        print(json.dumps([each.to_json() for each in verdicts]))
    else:
        print("\n".join(each.to_text() for each in verdicts) or "no policies")
    return 0 if all(each.holds for each in verdicts) else 1


def _zone(args: argparse.Namespace, listed: Sequence[Source]) -> Zone:
    """Who is no outsider: of the accounts told, else of those of the resources, and of the organization."""
    accounts = args.account or [found for each in listed if (found := account_of(each.resource)) is not None]
    if not accounts:
        raise Failure("`no-external-access` needs to know whose the resources are: tell --account")
    return Zone(frozenset(accounts), args.organization)


def _others(args: argparse.Namespace, kind: Kind | None) -> dict[str, Document]:
    """What policies are compared with, by their names in a template."""
    if args.than is None:
        return {}
    if args.check not in _COMPARING:
        raise Failure(f"`{args.check}` compares with nothing: leave --than out")
    return {each.name: each.document for each in sources(args.than, kind)}


def _verdict(args: argparse.Namespace, source: Source, other: Document | None) -> Verdict:
    try:
        if args.check in _COMPARING:
            return _compared(args, source, other)
        return _CHECKS[args.check](args, source)
    except Undecided as undecided:
        raise Failure(f"{source.title}: undecided: {undecided}") from undecided
    except MalformedPolicy as malformed:
        raise Failure(f"{source.title}: {malformed.problems[0]}") from malformed


def _compared(args: argparse.Namespace, source: Source, other: Document | None) -> Verdict:
    new = source.document
    if other is None:
        if args.than is None and not source.name:
            raise Failure(f"`{args.check}` compares two policies: tell the other with --than")
        other = nothing_of(new.kind).documents[0]  # a policy that was not there before
    if other.kind is not new.kind:
        raise Failure(f"{source.title}: a {new.kind.value} policy cannot be compared with a {other.kind.value} policy")
    if args.check == "no-new-access":
        about_callers = new.kind in (Kind.RESOURCE, Kind.TRUST)
        return _told(source, no_new_access(*(compared(new.text, other.text) if about_callers else (new, other))))
    if args.check == "subsumes":
        witness = new_access(Access.of(other), Access.of(new))
        found = (
            () if witness is None else (Finding("The other policy allows this, and this one does not.", None, witness),)
        )
        return Verdict(source, "It allows all that the other policy does.", found)
    differs = difference(new, other)
    if differs is None:
        return Verdict(source, "Both policies allow and deny the same.")
    verb = "denies" if differs.denied else "allows"
    first, second = ("The other policy", "this one") if differs.more is differs.denied else ("This policy", "the other")
    sentence = f"{first} {verb} this, and {second} does not."
    return Verdict(source, "The policies differ.", (Finding(sentence, None, differs.witness),))


def _told(source: Source, outcome: Outcome) -> Verdict:
    findings = tuple(Finding(each.description, each.index, each.witness) for each in outcome.reasons)
    return Verdict(source, outcome.message, findings)


def _not_granted(args: argparse.Namespace, source: Source) -> Verdict:
    if not args.action and not args.resource:
        raise Failure("`access-not-granted` needs --action, --resource or both")
    return _told(source, access_not_granted(source.document, args.action, args.resource))


def _not_public(args: argparse.Namespace, source: Source) -> Verdict:
    type_ = args.resource_type or source.resource_type or (TRUST if source.document.kind is Kind.TRUST else None)
    if type_ is None:
        raise Failure(f"{source.title}: tell what the policy guards with --resource-type, such as AWS::S3::Bucket")
    return _told(source, no_public_access(source.document, type_))


def _dead(args: argparse.Namespace, source: Source) -> Verdict:
    found = tuple(Finding(f"The statement with {_named(source, at)} does nothing.", at) for at in dead(source.document))
    return Verdict(source, "Some statements do nothing." if found else "Every statement does something.", found)


def _redundant(args: argparse.Namespace, source: Source) -> Verdict:
    places = redundant(source.document)
    found = tuple(
        Finding(f"Without the statement with {_named(source, at)} the policy means the same.", at) for at in places
    )
    return Verdict(source, "Some statements add nothing." if found else "Every statement adds something.", found)


def _shrunk(args: argparse.Namespace, source: Source) -> Verdict:
    found = shrunk(source.text, source.document.kind)
    made = found.tree
    shorter, size = json.dumps(made, indent=2), len(json.dumps(json.loads(source.text)))
    saved = size - len(json.dumps(made))
    if saved <= 0 and found.undecided is not None:
        raise Failure(f"{source.title}: undecided: {found.undecided}")
    if saved <= 0:
        return Verdict(source, "Nothing can be left out.", (), {"shorter": made})
    sentence = f"The same in {size - saved} characters instead of {size}:\n{shorter}"
    return Verdict(source, "It can be shorter.", (Finding(sentence),), {"shorter": made})


def _named(source: Source, place: int) -> str:
    sid = source.document.statements[place].sid
    return f"sid: {sid}" if sid else f"index: {place}"


_CHECKS = {
    "access-not-granted": _not_granted,
    "no-public-access": _not_public,
    "dead-statements": _dead,
    "redundant": _redundant,
    "shrink": _shrunk,
}
