"""An identity provider as far as its responses are concerned.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SIGN_IN = re.compile(r"https://(?:[a-z]{2,}(?:-[a-z]+)+-[0-9]\.)?signin\.aws\.amazon\.com/saml(?:/acs/(?P<id>\w+))?")


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as far as its responses are concerned: its metadata document, the private keys (PEM) that
    open its assertions, whether these must be encrypted, and the sign-in endpoints, besides AWS's own, that they may
    be addressed to."""

    id: str
    metadata: str = field(repr=False)
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    encrypted: bool = False
    endpoints: tuple[str, ...] = ()

    def is_addressed(self, url: str) -> bool:
        """Whether it is a sign-in endpoint for this provider: AWS's, of any region, or one of ours."""
        named = _SIGN_IN.fullmatch(url)
        return url in self.endpoints if named is None else named["id"] in (None, self.id)
