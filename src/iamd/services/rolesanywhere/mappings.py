"""Attribute mappings: which parts of a certificate become session tags.

https://docs.aws.amazon.com/rolesanywhere/latest/userguide/attribute-mapping.html
"""

from __future__ import annotations

import json

from iamd.caller.certificates.attributes import is_specifier
from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import rolesanywhere
from iamd.services.rolesanywhere.profiles import PROFILES, existing_profile, mappings_of
from iamd.store.kinds.roles_anywhere import AnywhereProfile
from iamd.wire.errors import ValidationException


@rolesanywhere.operation(on=existing_profile)
def put_attribute_mapping(
    call: Call, profile: AnywhereProfile, *, certificate_field: str, mapping_rules: list[dict[str, str]]
) -> Reply:
    """Set the rules of a field, in place of those that it has."""
    specifiers = list(dict.fromkeys(rule["specifier"] for rule in mapping_rules))
    for specifier in specifiers:
        if not is_specifier(certificate_field, specifier):
            raise ValidationException(f"{certificate_field} has no specifier {specifier}")
    return _mapped(call, profile, certificate_field, specifiers)


@rolesanywhere.operation(on=existing_profile)
def delete_attribute_mapping(
    call: Call, profile: AnywhereProfile, *, certificate_field: str, specifiers: list[str] | None = None
) -> Reply:
    """Remove rules of a field: those that are named, or all."""
    present = list(mappings_of(profile)[certificate_field])
    absent = [specifier for specifier in specifiers or () if specifier not in present]
    if absent:
        raise ValidationException(f"{certificate_field} has no mapping rule {absent[0]}")
    return _mapped(
        call, profile, certificate_field, [each for each in present if specifiers and each not in specifiers]
    )


def _mapped(call: Call, profile: AnywhereProfile, field: str, specifiers: list[str]) -> Reply:
    own = {**json.loads(profile.mappings), field: specifiers}
    return PROFILES.changed(call, profile, mappings=json.dumps(own))
