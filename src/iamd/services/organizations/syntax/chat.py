"""Chat applications policies: which workspaces of Slack and teams of Microsoft may be used, by which roles.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_chatbot_syntax.html
The page's first example has the default of all platforms among them, its syntax beside them: either will do.
"""

from __future__ import annotations

from iamd.services.organizations.syntax.grammar import Check, Group, Value, Values, like, one_of

WORKSPACES, TENANTS = 255, 36

_workspace = like("[0-9A-Z]{1,255}")
_uuid = like("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # in lower case only (seen of live AWS)


def _or_all(accepts: Check) -> Check:
    return lambda value: value == "*" or accepts(value)


_CLIENT = {"client": Value(one_of("enabled", "disabled"))}
_ROLES = {"supported_role_settings": Values(one_of("user_role", "channel_role"))}
_OF_WORKSPACE = Group({"supported_channel_types": Values(one_of("public", "private")), **_ROLES})
_OF_TEAM = Group(_ROLES)
_SLACK = Group(
    {
        **_CLIENT,
        "workspaces": Values(_or_all(_workspace), most=WORKSPACES),
        "default": _OF_WORKSPACE,
        "overrides": Group(others=_OF_WORKSPACE, names=_workspace, most=WORKSPACES),
    }
)
_TEAMS = Group(
    {
        **_CLIENT,
        "tenants": Group(others=Values(_or_all(_uuid), most=TENANTS), names=_or_all(_uuid), most=TENANTS),
        "default": _OF_TEAM,
        "overrides": Group(
            others=Group(others=_OF_TEAM, names=_uuid, most=TENANTS),
            names=_uuid,
            most=TENANTS,
        ),
    }
)
_DEFAULT = {"default": Group(_CLIENT)}
CHATBOT = Group(
    {
        "platforms": Group({"slack": _SLACK, "microsoft_teams": _TEAMS, "chime": Group(_CLIENT), **_DEFAULT}),
        **_DEFAULT,
    }
)
