"""Service principals: the names under which AWS services act, such as `lambda.amazonaws.com`."""

import json
from functools import cache

from iamd.reference.pack import DATA, open_data


@cache
def all() -> frozenset[str]:
    """Return every service principal known. AWS adds to them: absence proves nothing."""
    with open_data(DATA / "service_principals.json") as file:
        return frozenset(json.load(file))
