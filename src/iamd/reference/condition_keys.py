"""Condition keys by name: the global ones, then those of the service that the name begins with."""

from collections.abc import Iterable, Mapping
from functools import cache

from iamd.reference import services
from iamd.reference.global_keys import GLOBAL_KEYS
from iamd.reference.services import ConditionKey

# Prefixes of keys that are no service prefixes, with the service that lists them.
_LISTED_WITH = {
    "catalog": "aws-marketplace",
    "cognito-identity-auth": "cognito-identity",
    "cognito-identity-unauth": "cognito-identity",
    "identitycenter": "sso",
}


def find(name: str) -> ConditionKey | None:
    """Return the key with this name, whatever its case; None when AWS has none.

    A name with a tag key or the like filled in (`aws:RequestTag/team`) finds its template. Keys of
    federation (`saml:aud`, `gitlab.com:project_id`) are listed with STS; the claims that every identity
    provider has (`aud`, `sub`, `amr` ...) are in no list.
    """
    folded = name.lower()
    prefix = folded.partition(":")[0]
    return (
        _lookup(folded, _global_keys())
        or _lookup(folded, _service_keys(_LISTED_WITH.get(prefix, prefix)))
        or _lookup(folded, _service_keys("sts"))
    )


def _lookup(folded: str, keys: Mapping[str, ConditionKey]) -> ConditionKey | None:
    exact = keys.get(folded)
    if exact is not None:
        return exact
    return next((key for start, end, key in _templates(keys.values()) if _fits(folded, start, end)), None)


def _templates(keys: Iterable[ConditionKey]) -> Iterable[tuple[str, str, ConditionKey]]:
    for key in keys:
        start, opening, rest = key.name.lower().partition("${")
        if opening:
            yield start, rest.partition("}")[2], key


def _fits(folded: str, start: str, end: str) -> bool:
    return len(folded) > len(start) + len(end) and folded.startswith(start) and folded.endswith(end)


def _service_keys(prefix: str) -> Mapping[str, ConditionKey]:
    service = services.get(prefix)
    return service.condition_keys if service else {}


@cache
def _global_keys() -> Mapping[str, ConditionKey]:
    return {key.name.lower(): key for key in GLOBAL_KEYS}
