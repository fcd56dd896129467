"""The interoperability scenario of the AuthZEN working group: a list of things to do, shared by five people.

https://github.com/openid/authzen/tree/main/interop/authzen-interop-website/docs/scenarios/todo-1.1
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.authorization.conftest import Asker, document

PEOPLE = {
    "rick@the-citadel.com": ("CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", ["admin", "evil_genius"]),
    "morty@the-citadel.com": ("CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", ["editor"]),
    "summer@the-smiths.com": ("CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", ["editor"]),
    "beth@the-smiths.com": ("CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", ["viewer"]),
    "jerry@the-smiths.com": ("CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", ["viewer"]),
}
VIEW = {"Action": ["user:can_read_user", "todo:can_read_todos", "route:GET"], "Resource": "*"}
CREATE = {"Action": ["todo:can_create_todo", "route:POST", "route:PUT", "route:DELETE"], "Resource": "*"}
OWN = {
    "Action": ["todo:can_update_todo", "todo:can_delete_todo"],
    "Resource": "arn:aws:todo:*:*:todo/*",
    "Condition": {"StringEquals": {"authzen:ResourceProperty/ownerID": "${aws:PrincipalTag/email}"}},
}
ROLES = {
    "viewer": (VIEW,),
    "editor": (VIEW, CREATE, OWN),
    "admin": (VIEW, CREATE, OWN, {"Action": "todo:can_delete_todo", "Resource": "*"}),
    "evil_genius": (VIEW, CREATE, OWN, {"Action": "todo:can_update_todo", "Resource": "*"}),
}


@pytest.fixture
def todo(ask: Asker, iam: Any) -> Asker:
    """The program, with the roles as groups and the people as users."""
    for role, statements in ROLES.items():
        iam.create_group(GroupName=role)
        iam.put_group_policy(GroupName=role, PolicyName=role, PolicyDocument=document(*statements))
    for email, (pid, roles) in PEOPLE.items():
        iam.create_user(UserName=pid, Tags=[{"Key": "email", "Value": email}])
        for role in roles:
            iam.add_user_to_group(GroupName=role, UserName=pid)
    return ask


def owned(number: int, owner: str) -> dict[str, Any]:
    id_ = f"7240d0db-8ff0-41ec-98b2-34a096273b9{number}"
    return {"type": "todo", "id": id_, "properties": {"ownerID": owner}}


def expected(email: str, action: str, owner: str) -> bool:
    """As the scenario's page has it."""
    roles = PEOPLE[email][1]
    if action in ("can_read_user", "can_read_todos"):
        return True
    if action == "can_create_todo":
        return roles != ["viewer"]
    special = {"can_update_todo": "evil_genius", "can_delete_todo": "admin"}[action]
    return special in roles or (roles != ["viewer"] and email == owner)


CASES = [
    *(("can_read_user", {"type": "user", "id": "beth@the-smiths.com"}, ""),),
    *(("can_read_todos", {"type": "todo", "id": "todo-1"}, ""),),
    *(("can_create_todo", {"type": "todo", "id": "todo-1"}, ""),),
    *(("can_update_todo", owned(at, owner), owner) for at, owner in enumerate(PEOPLE)),
    *(("can_delete_todo", owned(at, owner), owner) for at, owner in enumerate(PEOPLE)),
]


def test_evaluations_one_by_one_and_boxcarred(todo: Asker) -> None:
    for email, (pid, _) in PEOPLE.items():
        subject = {"type": "user", "id": pid}
        wanted = [expected(email, action, owner) for action, _, owner in CASES]
        questions = [{"action": {"name": action}, "resource": resource} for action, resource, _ in CASES]
        single = [
            todo("evaluation", {"subject": subject, "context": {}, **each}).json["decision"] for each in questions
        ]
        assert single == wanted, email
        batch = todo("evaluations", {"subject": subject, "resource": {}, "context": {}, "evaluations": questions})
        assert [each["decision"] for each in batch.json["evaluations"]] == wanted, email


def test_denials_tell_administrators_why(todo: Asker) -> None:
    beth = {"type": "user", "id": PEOPLE["beth@the-smiths.com"][0]}
    resource = {"type": "todo", "id": "todo-1"}
    answer = todo("evaluation", {"subject": beth, "action": {"name": "can_create_todo"}, "resource": resource})
    assert "because no identity-based policy allows the todo:can_create_todo action" in answer.json["context"][
        "reason_admin"
    ]["en"]  # fmt: skip


def test_what_gateways_ask(todo: Asker) -> None:
    """The scenario of API gateways, which know routes and no owners.

    https://github.com/openid/authzen/tree/main/interop/authzen-interop-website/docs/scenarios/api-gateway
    """
    routes = [("GET", "/users/{userId}"), ("GET", "/todos"), ("POST", "/todos")]
    routes += [("PUT", "/todos/{todoId}"), ("DELETE", "/todos/{todoId}")]
    for pid, roles in PEOPLE.values():
        questions = [{"action": {"name": name}, "resource": {"type": "route", "id": path}} for name, path in routes]
        subject = {"type": "identity", "id": pid}
        answers = todo("evaluations", {"subject": subject, "context": {}, "evaluations": questions}).json["evaluations"]
        edits = roles != ["viewer"]
        assert [each["decision"] for each in answers] == [True, True, edits, edits, edits]
