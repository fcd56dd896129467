"""What iamd adds to AWS's reference by itself: the actions of its authorization API and of the console's own settings,
and the condition keys of questions.

They are found by name, and in no list of AWS's services.
"""

from iamd.reference.entries import Action, ActionResource, ConditionKey, ResourceType, Service

_ACTIONS = {
    "CompareHistory": "Grants permission to ask what access changed between two moments",
    "Evaluate": "Grants permission to ask whether a subject may do something",
    "ExplainAccess": "Grants permission to ask why something is allowed or denied",
    "FindEscalations": "Grants permission to ask whom a principal can become",
    "GetGateway": "Grants permission to see what is forwarded to which upstreams, and what was denied of it",
    "LearnPolicies": "Grants permission to ask which policies principals need for what they did",
    "NameSubject": "Grants permission to say whose request it is that a proxy asks about",
    "ReadHistory": "Grants permission to ask how things stood at a revision or a time",
    "ReplayCalls": "Grants permission to ask which recorded calls a change of policies would decide otherwise",
    "SearchActions": "Grants permission to find what a subject may do to a resource",
    "SearchResources": "Grants permission to find the resources to which a subject may do something",
    "SearchSubjects": "Grants permission to find who may do something",
}
_SETTINGS = {
    "DeleteConsoleSignIn": ("Write", "Grants permission to end the sign-in to the console with an OIDC provider"),
    "GetConsoleSignIn": ("Read", "Grants permission to see how people sign in to the console with an OIDC provider"),
    "PutConsoleSignIn": ("Write", "Grants permission to let people sign in to the console with an OIDC provider"),
}
_PROVIDER = ActionResource("oidc-provider", True, ())
_PROPERTIES = ("SubjectProperty", "ActionProperty", "ResourceProperty", "Context")

IAMD = Service(
    prefix="iamd",
    name="iamd",
    resource_control=False,
    actions={
        name.lower(): Action("iamd", name, "Read", description, (), (), (), "")
        for name, description in _ACTIONS.items()
    }
    | {
        name.lower(): Action("iamd", name, level, description, (_PROVIDER,), (), (), "")
        for name, (level, description) in _SETTINGS.items()
    },
    resource_types={
        "oidc-provider": ResourceType(
            "oidc-provider", "arn:${Partition}:iam::${Account}:oidc-provider/${OidcProviderName}", ()
        )
    },
    condition_keys={},
)
AUTHZEN = Service(
    prefix="authzen",
    name="AuthZEN",
    resource_control=False,
    actions={},
    resource_types={},
    condition_keys={
        f"authzen:{name.lower()}/${{name}}": ConditionKey(f"authzen:{name}/${{Name}}", "String", multivalued=False)
        for name in _PROPERTIES
    },
)
OWN = {IAMD.prefix: IAMD, AUTHZEN.prefix: AUTHZEN}
