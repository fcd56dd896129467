"""Explanations hold good: near misses name exactly what fails, and the changes that would allow a request do."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

from hypothesis import given

from iamd.cli.evaluate import run
from tests.effort import examples
from tests.spec import generate

lawful = examples(60)
FIELDS = {
    "identity-based": "identityPolicies",
    "permissions boundary": "permissionsBoundaries",
    "session": "sessionPolicies",
    "VPC endpoint": "endpointPolicies",
    "service control": "serviceControlPolicies",
    "resource control": "resourceControlPolicies",
}


def explained(request: dict[str, Any]) -> dict[str, Any]:
    out = io.StringIO()
    run([json.dumps(request)], out, True)
    found: dict[str, Any] = json.loads(out.getvalue())
    assert "error" not in found, found
    trace: dict[str, Any] = found["trace"]
    return trace


def named(request: dict[str, Any]) -> dict[str, Any]:
    """The request with a name of its own for each policy."""
    request = copy.deepcopy(request)
    for at, level in enumerate([*request["serviceControlPolicies"], *request["resourceControlPolicies"]]):
        for number, each in enumerate(level["policies"]):
            each["name"] = f"{at}/{number}"
    return request


def policies(request: dict[str, Any], layer: str, level: int | None) -> list[tuple[str, dict[str, Any]]]:
    """The documents of one layer by the names that explanations give them."""
    if layer in ("resource-based", "role trust"):
        return [("resourcePolicy", request["resourcePolicy"])] if "resourcePolicy" in request else []
    listed = request[FIELDS[layer]]
    if level is not None:
        return [(each["name"], each["document"]) for each in listed[level]["policies"]]
    if layer == "identity-based":
        return [(each["name"], each["document"]) for each in listed]
    return [(f"{FIELDS[layer]}[{at}]", document) for at, document in enumerate(listed)]


def changed(request: dict[str, Any], way: list[dict[str, Any]]) -> dict[str, Any]:
    """The request with the changes of a way made, as a person would make them."""
    request = copy.deepcopy(request)
    gone: list[tuple[list[Any], Any]] = []
    for change in way:
        layer, level = change["layer"], change.get("level")
        found = policies(request, layer, level)
        if change["change"] == "addStatement":
            document = {"Version": "2012-10-17", "Statement": [change["add"]]}
            if level is not None:
                request[FIELDS[layer]][level]["policies"].append({"name": "new", "document": document})
            elif layer == "identity-based":
                request["identityPolicies"].append({"name": "new", "document": document})
            elif found:
                found[0][1]["Statement"].append(change["add"])
            elif layer in ("resource-based", "role trust"):
                request["resourcePolicy"] = document
            else:
                request[FIELDS[layer]].append(document)
            continue
        cited = change["statement"]
        (document,) = (each for name, each in found if name == cited["policy"])
        statement = document["Statement"][cited["index"]]
        if change["change"] == "meetConditions":
            for condition in change["conditions"]:
                del statement["Condition"][condition["operator"]][condition["key"]]
        else:
            gone.append((document["Statement"], statement))
    for statements, statement in gone:
        statements.remove(statement)
        if not statements:
            statements.append({"Effect": "Deny", "Action": "none:None", **scope(statement)})
    return request


def scope(statement: dict[str, Any]) -> dict[str, Any]:
    """What a statement in the place of another one must have, too."""
    return {name: "*" for name in ("Principal", "Resource") if statement.keys() & {name, "Not" + name}}


@lawful
@given(generate.requests())
def test_every_way_would_allow_the_request_and_none_of_its_changes_can_be_spared(request: dict[str, Any]) -> None:
    request = named(request)
    trace = explained(request)
    if trace["decision"] == "allowed":
        assert "ways" not in trace
        return
    hopeless = request["principal"] == generate.ROOT and ":role/" in request["resource"]  # root assumes no role
    assert bool(trace["ways"]) is not hopeless
    for way in trace["ways"]:
        assert explained(changed(request, way))["decision"] == "allowed"
        for at in range(len(way)):
            assert explained(changed(request, way[:at] + way[at + 1 :]))["decision"] != "allowed", way[at]


def mended(statement: dict[str, Any], element: dict[str, Any], request: dict[str, Any]) -> None:
    """Exchange an element that a request fails by one that it meets."""
    name = element["element"]
    if name == "Condition":
        del statement["Condition"][element["operator"]][element["key"]]
        return
    del statement[name]
    meant: dict[str, Any] = {"Action": request["action"], "Resource": "*", "Principal": "*"}
    if request["principal"].startswith("federated:"):
        meant["Principal"] = {"Federated": request["principal"].removeprefix("federated:")}
    positive = name.removeprefix("Not")
    statement[positive] = meant[positive]


@lawful
@given(generate.requests())
def test_a_near_miss_names_just_the_elements_that_fail(request: dict[str, Any]) -> None:
    request = named(request)
    for layer in explained(request)["layers"]:
        for miss in layer.get("nearest", ()):
            for spared in range(len(miss["failed"]) + 1):
                made = copy.deepcopy(request)
                found = policies(made, layer["layer"], layer.get("level"))
                (document,) = (each for name, each in found if name == miss["policy"])
                for at, element in enumerate(miss["failed"]):
                    if at != spared:
                        mended(document["Statement"][miss["index"]], element, request)
                again = next(
                    each
                    for each in explained(made)["layers"]
                    if (each["layer"], each.get("level")) == (layer["layer"], layer.get("level"))
                )
                applies = any(
                    (each["policy"], each["index"], each["effect"]) == (miss["policy"], miss["index"], "Allow")
                    for each in again["statements"]
                )
                assert applies == (spared == len(miss["failed"]))
