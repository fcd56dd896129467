"""Identity providers that many tenants share: a trust policy has to say which tenant it trusts.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .document import Statement
from .operators import operator_name
from .patterns import mark, matches
from .problems import Rank
from .text import lower

_COGNITO = "cognito-identity.amazonaws.com"
_GITHUB = "token.actions.githubusercontent.com"

# issuer -> the condition keys one of which must be evaluated
_CLAIMS: dict[str, tuple[str, ...]] = {
    _COGNITO: (f"{_COGNITO}:aud",),
    _GITHUB: (f"{_GITHUB}:sub", f"{_GITHUB}:job_workflow_ref"),
    "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": ("sts:RoleSessionName",),
    "accounts.google.com": tuple(f"accounts.google.com:{claim}" for claim in ("aud", "oaud", "sub")),
    "www.amazon.com": ("www.amazon.com:app_id", "www.amazon.com:sub"),
    "graph.facebook.com": ("graph.facebook.com:app_id", "graph.facebook.com:sub"),
    **{
        issuer: (f"{issuer}:sub",)
        for issuer in (
            "agent.buildkite.com",
            "oidc.codefresh.io",
            "studio.datachain.ai/api",
            "vstoken.actions.githubusercontent.com",
            "oidc-configuration.audit-log.githubusercontent.com",
            "gitlab.com",
            "scalr.io",
            "tokens.cloud.shisho.dev",
            "app.terraform.io",
            "proidc.upbound.io",
        )
    },
    **{issuer: (f"{issuer}:aud",) for issuer in ("api.pulumi.com/oidc", "sandboxes.cloud", "oidc.vercel.com")},
}
_OPEN = (
    "Trust policy with trusted principal {provider} must evaluate, using StringEquals, StringLike or "
    "StringEqualsIgnoreCase, {claim} which is not scoped to all."
)
_SCOPING = frozenset({"StringEquals", "StringLike", "StringEqualsIgnoreCase"})
_WEB_IDENTITY = "sts:assumerolewithwebidentity"


def issuer_problems(statement: Statement) -> Iterator[tuple[Rank, str]]:
    """What an Allow of web identities lacks for the shared providers that it trusts."""
    who = statement.principals
    if who is None or not statement.allow or not _admits_web_identities(statement):
        return
    for provider in who.federated:
        issuer = provider.partition(":oidc-provider/")[2] or provider
        claims = _CLAIMS.get(issuer, ())
        if not claims or any(_scoped(statement, claim, issuer) for claim in claims):
            continue
        if issuer == _COGNITO and not statement.conditions:
            yield Rank.PRINCIPAL_VALUE, "A condition block must be present for the Cognito provider"
            continue
        yield Rank.PRINCIPAL_VALUE, _OPEN.format(provider=provider, claim=claims[0])


def _admits_web_identities(statement: Statement) -> bool:
    listed = any(matches(mark(lower(action)), _WEB_IDENTITY) for action in statement.actions)
    return listed is not statement.not_action


def _scoped(statement: Statement, claim: str, issuer: str) -> bool:
    """Whether some condition ties the claim to values: a lone `*` does not, and GitHub's may not even start so."""
    for condition in statement.conditions:
        name = operator_name(condition.operator)
        if name is None or name.base not in _SCOPING or name.if_exists or lower(condition.key) != lower(claim):
            continue
        github = issuer == _GITHUB
        open_ = (value == "*" or (github and (value[:1] == "*" or not value.strip())) for value in condition.values)
        if not any(open_):
            return True
    return False
