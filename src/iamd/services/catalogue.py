"""All APIs that iamd serves, and how a request tells which one it is for."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType

from iamd.caller.sigv4 import Signature
from iamd.services import accessanalyzer as accessanalyzer_modules
from iamd.services import account as account_modules
from iamd.services import cloudtrail as cloudtrail_modules
from iamd.services import console_settings as console_settings_modules
from iamd.services import iam as iam_modules
from iamd.services import iam_toolbox as iam_toolbox_modules
from iamd.services import identitystore as identitystore_modules
from iamd.services import organizations as organizations_modules
from iamd.services import rolesanywhere as rolesanywhere_modules
from iamd.services import signin as signin_modules
from iamd.services import sso as sso_modules
from iamd.services import sso_admin as sso_admin_modules
from iamd.services import sso_oidc as sso_oidc_modules
from iamd.services import sts as sts_modules
from iamd.services import tagging as tagging_modules
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.account.api import account
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.iam.api import iam
from iamd.services.iam_toolbox.api import iam_toolbox
from iamd.services.identitystore.api import identitystore
from iamd.services.organizations.api import organizations
from iamd.services.registry import Api
from iamd.services.rolesanywhere.api import rolesanywhere
from iamd.services.signin.api import signin
from iamd.services.sso.api import sso
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_oidc.api import sso_oidc
from iamd.services.sts.api import sts
from iamd.services.tagging.api import tagging
from iamd.wire import rest_json
from iamd.wire.errors import InvalidAction
from iamd.wire.http import HttpRequest


def _import_operations(folder: ModuleType) -> None:
    """Import every module of a service's folder, which registers its operations."""
    for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
        importlib.import_module(module.name)


_FOLDERS = (
    iam_modules,
    sts_modules,
    organizations_modules,
    account_modules,
    iam_toolbox_modules,
    rolesanywhere_modules,
    cloudtrail_modules,
    signin_modules,
    tagging_modules,
    accessanalyzer_modules,
    sso_admin_modules,
    identitystore_modules,
    sso_modules,
    sso_oidc_modules,
    console_settings_modules,  # of an API that is in no list: clients cannot call it
)
for _folder in _FOLDERS:
    _import_operations(_folder)

_ALL = (
    iam,
    sts,
    organizations,
    account,
    iam_toolbox,
    rolesanywhere,
    cloudtrail,
    signin,
    tagging,
    accessanalyzer,
    sso_admin,
    identitystore,
    sso,
    sso_oidc,
)
APIS: dict[str, Api] = {api.name: api for api in _ALL}
_BY_PATH = [api for api in APIS.values() if api.model.protocol == "rest-json"]
# Several may sign with one name: the API of that name is meant, unless its path has told another.
_BY_SIGNING_NAME = {
    api.model.signing_name: api for api in sorted(_ALL, key=lambda api: api.name == api.model.signing_name)
}
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z]+)(?:&|$)")
_VERSION = re.compile(rb"(?:^|&)Version=([0-9-]{10})(?:&|$)")
_BY_VERSION = {api.model.api_version: api for api in APIS.values() if api.model.protocol == "query"}
_BY_TARGET = {api.model.target_prefix: api for api in APIS.values() if api.model.target_prefix}


def api_of(request: HttpRequest, signature: Signature | None) -> Api:
    """The API that a request is for: by its path, the scope of its signature, else the target or version that it names.

    Raises InvalidAction when iamd serves no such API.
    """
    if request.path != b"/":
        for rest in _BY_PATH:
            if signature is None:
                if takes_unsigned(rest, request):
                    return rest
            elif signature.service == rest.model.signing_name and rest_json.matches(request, rest.model):
                return rest
    if signature is not None:
        api = _BY_SIGNING_NAME.get(signature.service) or APIS.get(signature.service)
        if api is None:
            raise InvalidAction(f"iamd does not serve {signature.service}; it serves {', '.join(sorted(APIS))}.")
        return api
    target = request.header(b"x-amz-target")
    if target is not None and target.rpartition(".")[0] in _BY_TARGET:
        return _BY_TARGET[target.rpartition(".")[0]]
    for source in (request.query, request.body):
        version = _VERSION.search(source)
        if version is not None and version[1].decode() in _BY_VERSION:
            return _BY_VERSION[version[1].decode()]
    return iam


def takes_unsigned(api: Api, request: HttpRequest) -> bool:
    """Whether the operation that a request seems to name is called without signature.

    A glance at the bytes, so that nothing else of an unsigned request is looked into: what it really names is known
    when it has been parsed, and is then held against the caller again.
    """
    if api.model.protocol == "rest-json":
        name = rest_json.read(request, api.model).action if rest_json.matches(request, api.model) else ""
    else:
        named = _ACTION.search(request.body) or _ACTION.search(request.query)
        name = "" if named is None else named[1].decode()
    operation = api.operations.get(name)
    return operation is not None and operation.takes_unsigned
