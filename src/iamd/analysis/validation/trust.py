"""Checks of role trust policies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.subject import Condition, Statement, Subject
from iamd.analysis.validation.tree import Node
from iamd.policy.arns import split
from iamd.reference import condition_keys

GITHUB = "token.actions.githubusercontent.com"
_ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
_ASSUME, _SAML, _WEB = "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/\S*)?")
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(oidc|saml)-provider/\S+")
# A condition key that is set by a permission of its own.
_SET_BY = {
    "sts:transitivetagkeys": "sts:TagSession",
    "aws:tagkeys": "sts:TagSession",
    "aws:requesttag/": "sts:TagSession",
    "sts:sourceidentity": "sts:SetSourceIdentity",
}


def elements(policy: Subject, statement: Statement) -> Iterator[Note]:
    if not policy.is_trust:
        return
    if statement.not_principal and statement.principal is not None:
        yield note("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", statement.node.keys["NotPrincipal"])
    who = statement.principal
    if who is not None and who.kind == "string" and who.text == "*":
        yield note("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", who)
    if statement.resource is not None:
        name = "NotResource" if statement.not_resource else "Resource"
        yield note("ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", statement.node.keys[name])


def federated(policy: Subject, statement: Statement) -> Iterator[Note]:
    if policy.is_trust:
        for node in statement.principals("Federated"):
            if not _PROVIDER.fullmatch(node.text) and not _DOMAIN.fullmatch(node.text):
                yield note("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY", node, principal=node.text)


def actions(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Actions that do not go with the principals of their statement."""
    if not policy.is_trust or statement.not_action:
        return
    others = [*statement.principals("AWS"), *statement.principals("Service")]
    saml: list[Node] = []
    web: list[Node] = []
    for node in statement.principals("Federated"):
        (saml if ":saml-provider/" in node.text else web).append(node)
    going = {_ASSUME: others, _SAML: saml, _WEB: web}
    for action in statement.actions:
        fitting = going.get(action.text.lower())
        misfits = [] if fitting is None else [node for node in (*others, *saml, *web) if node not in fitting]
        if misfits and not fitting:
            named = ", ".join(node.text for node in misfits)
            yield note("MISMATCHED_ACTION_FOR_PRINCIPAL", action, *misfits, action=action.text, principal=named)


def setting_actions(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Keys whose values can only be sent by those who may set them."""
    if not policy.is_trust or not statement.allows or condition.base == "Null":
        return
    for key, action in _SET_BY.items():
        if condition.folded.startswith(key) and not statement.names(action.lower()):
            yield note("MISSING_ACTION_FOR_CONDITION_KEY", condition.key, key=condition.key.text, action=action)


def roles_anywhere(policy: Subject, statement: Statement) -> Iterator[Note]:
    if not policy.is_trust or not statement.allows:
        return
    for node in statement.principals("Service"):
        needed = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
        lacking = [action for action in needed if not statement.names(action.lower())]
        if node.text == _ROLES_ANYWHERE and lacking:
            listed = ", ".join(lacking)
            yield note("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", statement.action or node, actions=listed)


def redundant_principals(policy: Subject, statement: Statement) -> Iterator[Note]:
    named = statement.principals("AWS")
    roles = {node.text.rpartition("/")[2] for node in named if ":role/" in node.text}
    for node in named if policy.is_trust else ():
        fields = split(node.text)
        if fields and fields[5].startswith("assumed-role/") and fields[5].split("/")[1] in roles:
            yield note("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", node, principal=node.text)


def web_identities(policy: Subject, statement: Statement) -> Iterator[Note]:
    """OIDC providers that are trusted without a condition on who comes."""
    if not policy.is_trust or not statement.allows or not statement.names(_WEB):
        return
    keys = statement.condition_keys()
    for node in statement.principals("Federated"):
        provider = _issuer(node.text)
        if provider is None:
            continue
        if provider == GITHUB and not keys & {f"{GITHUB}:sub", f"{GITHUB}:job_workflow_ref"}:
            yield note("MISSING_GITHUB_REPO_CONDITION_KEY", node)
        elif not any(key.startswith(f"{provider.lower()}:") for key in keys):
            yield note("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", node, provider=provider)


def _issuer(principal: str) -> str | None:
    """The issuer of an OIDC provider, by its ARN or domain; None for SAML providers."""
    found = _PROVIDER.fullmatch(principal)
    if found is None:
        return principal if _DOMAIN.fullmatch(principal) else None
    return None if found[1] == "saml" else principal.partition("provider/")[2]


def github_subjects(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    if not statement.allows or condition.folded != f"{GITHUB}:sub" or condition.negated:
        return
    for node in condition.values:
        if "Like" in condition.base and ("*" in node.text or "?" in node.text):
            yield note("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", node)


def audiences(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Set operators on the audience of a token, which is one for the providers that AWS knows."""
    host, _, claim = condition.folded.rpartition(":")
    if claim != "aud" or not ("." in host or host == "saml") or condition.name is None:
        return
    known = condition_keys.find(condition.key.text)
    if condition.name.qualifier == "ForAnyValue:" and known is not None and not known.multivalued:
        yield note("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", condition.operator, key=condition.key.text)
    elif condition.name.qualifier and known is None:
        yield note("CONFIRM_AUDIENCE_CLAIM_TYPE", condition.operator, key=condition.key.text)
