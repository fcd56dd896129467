"""The workload for other engines: its documents restated in their languages, and a thunk for each request.

Only what the workload uses is restated. Control policies and the boundary become gates, denials of any layer win,
identity and bucket policies grant. A peer that is not installed raises ImportError.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.decision_workload import USER

Json = dict[str, Any]
Thunks = list[Callable[[], bool]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def layers(asked: list[Json]) -> dict[str, list[Json]]:
    """The statements by layer; what `granted` holds is enough to allow, every other layer has to agree."""
    first = asked[0]
    policy = next(each["resourcePolicy"] for each in asked if "resourcePolicy" in each)
    found = {"granted": [s for each in first["identityPolicies"] for s in each["document"]["Statement"]]}
    found["granted"] += policy["Statement"]
    found["boundary"] = [s for each in first["permissionsBoundaries"] for s in each["Statement"]]
    for at, level in enumerate(first["serviceControlPolicies"]):
        found[f"level{at}"] = [s for each in level["policies"] for s in each["document"]["Statement"]]
    return found


def tests(statement: Json) -> Iterator[tuple[str, str, bool, list[str]]]:
    """(kind, subject, negated, operands) of each thing that a statement asks; kinds are `like` and `address`."""
    if isinstance(statement.get("Principal"), dict):
        yield "like", "principal", False, listed(statement["Principal"]["AWS"])
    negated = "NotAction" in statement
    actions = listed(statement["NotAction" if negated else "Action"])
    if actions != ["*"]:
        yield "like", "action", negated, actions
    if listed(statement["Resource"]) != ["*"]:
        yield "like", "resource", False, listed(statement["Resource"])
    for operator, block in statement.get("Condition", {}).items():
        for key, operands in block.items():
            kind = "address" if operator == "IpAddress" else "like"
            yield kind, key.lower(), "Not" in operator, listed(operands)


def subjects(request: Json) -> Json:
    """What the tests look at."""
    own = {"principal": USER, "action": request["action"], "resource": request["resource"]}
    return {**request["context"], **own}


def expression(patterns: list[str]) -> str:
    """A regular expression for one of some patterns."""
    return "^(?:" + "|".join(re.escape(each).replace(r"\*", ".*") for each in patterns) + ")$"


def cedar_test(kind: str, subject: str, negated: bool, operands: list[str]) -> str:
    of = f"context[{json.dumps(subject)}]"
    if kind == "address":
        any_of = [f"{of}.isInRange(ip({json.dumps(each)}))" for each in operands]
    else:
        exact = [each for each in operands if "*" not in each]
        any_of = [f"{json.dumps(exact)}.contains({of})"] if exact else []
        any_of += [f"{of} like {json.dumps(each)}" for each in operands if "*" in each]
    return f"{'!' if negated else ''}({' || '.join(any_of)})"


def cedar_text(asked: list[Json]) -> str:
    rules = []
    for layer, statements in layers(asked).items():
        gate = []
        for each in statements:
            asks = " && ".join(cedar_test(*test) for test in tests(each)) or "true"
            if each["Effect"] == "Deny" or layer == "granted":
                word = "forbid" if each["Effect"] == "Deny" else "permit"
                rules.append(f"{word}(principal, action, resource) when {{ {asks} }};")
            else:
                gate.append(f"({asks})")
        if gate:
            rules.append(f"forbid(principal, action, resource) unless {{ {' || '.join(gate)} }};")
    return "\n".join(rules)


def cedar_request(request: Json) -> Json:
    context = subjects(request)
    context["aws:sourceip"] = {"__extn": {"fn": "ip", "arg": context["aws:sourceip"]}}
    return {
        "principal": {"type": "User", "id": "u"},
        "action": {"type": "Action", "id": "a"},
        "resource": {"type": "Resource", "id": "r"},
        "context": context,
    }


def cedarpy(asked: list[Json]) -> Thunks:
    """Policies and entities loaded ahead."""
    cedar: Any = importlib.import_module("cedarpy")
    policies, entities = cedar.PolicySet.from_str(cedar_text(asked)), cedar.Entities.from_json_str("[]")

    def thunk(request: Json) -> Callable[[], bool]:
        return lambda: bool(cedar.is_authorized(request, policies, entities).decision == cedar.Decision.Allow)

    return [thunk(cedar_request(each)) for each in asked]


def rego_test(kind: str, subject: str, negated: bool, operands: list[str]) -> str:
    of = f"input[{json.dumps(subject)}]"
    if kind == "address":
        ask = f"startswith({of}, {json.dumps(operands[0].split('.0')[0] + '.')})"  # the workload's ranges end at a dot
    elif any("*" in each for each in operands):
        ask = f"regex.match({json.dumps(expression(operands))}, {of})"
    else:
        ask = f"{of} in {{{', '.join(map(json.dumps, operands))}}}"
    return f"not {ask}" if negated else ask


def regorus(asked: list[Json]) -> Thunks:
    """Rules parsed once; the input is JSON."""
    engine: Any = importlib.import_module("regorus").Engine()
    rules, all_layers = ["package iam", "import rego.v1", "default allow := false"], layers(asked)
    rules += [f"default {name} := false" for name in ("denied", *all_layers)]
    rules.append(f"allow if {{ not denied; {'; '.join(all_layers)} }}")
    for layer, statements in all_layers.items():
        for each in statements:
            head = "denied" if each["Effect"] == "Deny" else layer
            rules.append(f"{head} if {{ {'; '.join(rego_test(*test) for test in tests(each)) or 'true'} }}")
    engine.add_policy("iam.rego", "\n".join(rules))

    def thunk(text: str) -> Callable[[], bool]:
        def ask() -> bool:
            engine.set_input_json(text)
            return engine.eval_rule("data.iam.allow") is True

        return ask

    return [thunk(json.dumps(subjects(each))) for each in asked]


CASBIN_MODEL = """
[request_definition]
r = of
[policy_definition]
p = asks, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = eval(p.asks)
"""


def casbin_test(kind: str, subject: str, negated: bool, operands: list[str]) -> str:
    of = f"r.of[{subject!r}]"
    if kind == "address":
        return " or ".join(f"ipMatch({of}, {each!r})" for each in operands)
    return f"{'not ' if negated else ''}regexMatch({of}, {expression(operands)!r})"


def casbin(asked: list[Json]) -> Thunks:
    """An enforcer for each layer."""
    casbin_: Any = importlib.import_module("casbin")
    logging.disable(logging.CRITICAL)
    enforcers = []
    for statements in layers(asked).values():
        model = casbin_.Model()
        model.load_model_from_text(CASBIN_MODEL)
        enforcers.append(casbin_.Enforcer(model))
        enforcers[-1].add_policies(
            [
                [" and ".join(f"({casbin_test(*test)})" for test in tests(each)) or "True", each["Effect"].lower()]
                for each in statements
            ]
        )

    def thunk(of: Json) -> Callable[[], bool]:
        return lambda: all(enforcer.enforce(of) for enforcer in enforcers)

    return [thunk(subjects(each)) for each in asked]


def moto(asked: list[Json]) -> Thunks:
    """The identity layer alone, which is all that it knows; it does not evaluate conditions."""
    control: Any = importlib.import_module("moto.iam.access_control")
    documents = [{"policy_document": json.dumps(each["document"])} for each in asked[0]["identityPolicies"]]

    def thunk(request: Json) -> Callable[[], bool]:
        def ask() -> bool:
            said = [
                control.IAMPolicy(each).is_action_permitted(request["action"], request["resource"])
                for each in documents
            ]
            permitted, denied = control.PermissionResult.PERMITTED, control.PermissionResult.DENIED
            return denied not in said and permitted in said

        return ask

    return [thunk(each) for each in asked]


PEERS: dict[str, Callable[[list[Json]], Thunks]] = {
    "cedarpy": cedarpy,
    "regorus": regorus,
    "pycasbin": casbin,
    "moto": moto,
}
