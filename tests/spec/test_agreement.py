"""The engine against the reference evaluator, and the laws that both must keep."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iamd.cli.evaluate import run
from tests.effort import examples
from tests.spec import generate, reference

lawful = examples(200)
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "none:None", "Resource": "*"}]}


def answer(request: dict[str, Any], explain: bool = False) -> dict[str, Any]:
    out = io.StringIO()
    run([json.dumps(request)], out, explain)
    found: dict[str, Any] = json.loads(out.getvalue())
    assert "error" not in found, found
    return found


def decision(request: dict[str, Any]) -> str:
    found: str = answer(request)["decision"]
    return found


@examples(2000)
@given(generate.requests())
def test_the_engine_agrees_with_the_reference(request: dict[str, Any]) -> None:
    assert decision(request) == reference.decide(request)


@lawful
@given(generate.requests(), generate.statement(effects=("Deny",)))
def test_a_denial_beats_every_grant(request: dict[str, Any], denial: dict[str, Any]) -> None:
    denied = copy.deepcopy(request)
    denied["identityPolicies"].append({"name": "d", "document": {"Version": "2012-10-17", "Statement": [denial]}})
    alone = {"principal": generate.ALICE, "action": request["action"], "resource": request["resource"]}
    alone |= {"context": request["context"], "identityPolicies": [denied["identityPolicies"][-1]]}
    if reference.decide(alone) == "explicitDeny" and request["principal"].startswith("arn:"):
        assert decision(denied) == "explicitDeny"
    if decision(denied) == "allowed":
        assert decision(request) == "allowed"


@lawful
@given(generate.requests(), st.randoms(use_true_random=False))
def test_order_never_matters(request: dict[str, Any], random: Any) -> None:
    turned = copy.deepcopy(request)
    random.shuffle(turned["identityPolicies"])
    documents = [each["document"] for each in turned["identityPolicies"]] + turned["endpointPolicies"]
    documents += [turned["resourcePolicy"]] if "resourcePolicy" in turned else []
    documents += [each["document"] for level in turned["serviceControlPolicies"] for each in level["policies"]]
    for document in documents:
        random.shuffle(document["Statement"])
        for statement in document["Statement"]:
            statement["Condition"] = dict(reversed(statement.get("Condition", {}).items()))
    assert decision(turned) == decision(request)


@lawful
@given(generate.requests(), generate.statement(effects=("Allow",)))
def test_another_allow_never_takes_access_away(request: dict[str, Any], allow: dict[str, Any]) -> None:
    more = copy.deepcopy(request)
    more["identityPolicies"].append({"name": "a", "document": {"Version": "2012-10-17", "Statement": [allow]}})
    if decision(request) == "allowed":
        assert decision(more) == "allowed"


@lawful
@given(
    generate.requests(),
    generate.document(),
    st.sampled_from(["permissionsBoundaries", "sessionPolicies", "serviceControlPolicies"]),
)
def test_a_limit_never_adds_access(request: dict[str, Any], document: dict[str, Any], layer: str) -> None:
    if request[layer] and layer != "serviceControlPolicies":
        return  # a second boundary or session policy adds to the first
    if layer == "sessionPolicies" and "federated-user" in request["principal"]:
        return  # without one, such a session has nothing
    less = copy.deepcopy(request)
    less[layer].append(
        {"target": "t", "policies": [{"name": "p", "document": document}]}
        if layer == "serviceControlPolicies"
        else document
    )
    if decision(less) == "allowed":
        assert decision(request) == "allowed"


@lawful
@given(generate.requests())
def test_an_explanation_agrees_with_the_decision(request: dict[str, Any]) -> None:
    found = answer(request, explain=True)
    trace = found["trace"]
    assert found["decision"] == trace["decision"] == decision(request)
    layers = [layer for layer in trace["layers"] if layer["outcome"] != "notApplicable"]
    assert (found["decision"] == "explicitDeny") == any(layer["outcome"] == "explicitDeny" for layer in layers)
    if trace["settledBy"] is not None:
        outcomes = {layer["outcome"] for layer in layers if layer["layer"] == trace["settledBy"]}
        assert found["decision"] in outcomes or (found["decision"] == "implicitDeny" and not outcomes - {"allowed"})
    for statement in trace["statements"]:
        of_layer = [each for layer in layers if layer["layer"] == trace["settledBy"] for each in layer["statements"]]
        assert statement in of_layer
