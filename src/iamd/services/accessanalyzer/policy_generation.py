"""Policies made from the record: what a user or role did in some time, and the least that allows it.

A job is done when it is answered: the record is at hand, wherever trails go.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_generate-policy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from iamd.analysis.learning import Done, learned
from iamd.audit.doings import Doings, TooManyEvents, doings
from iamd.audit.ids import new_uuid
from iamd.guard.ask import Ask
from iamd.guard.target import Target, nothing
from iamd.reference import services
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.pages import page
from iamd.services.call import Call, Reply
from iamd.services.invocation import permitted
from iamd.store.kinds.access_analyzer import PolicyGeneration
from iamd.store.records import PARTITION, Role, User
from iamd.wire.errors import ValidationException

DAYS = 90
EVENTS = 100_000  # that are looked at; AWS has as many log files
JOBS_KEPT = 100
_SERVICE = "access-analyzer.amazonaws.com"


def any_job(call: Call) -> Target[None]:
    return nothing()


def passed_role(call: Call, _: None) -> Iterator[Ask]:
    """The role by which AWS would read the log files has to be one's own to pass."""
    arn = (call.params.get("cloud_trail_details") or {}).get("accessRole")
    if arn:
        yield Ask("iam:PassRole", arn, arn.split(":")[4], context={"iam:passedtoservice": _SERVICE})


async def read_record(
    call: Call, *, policy_generation_details: dict[str, Any], cloud_trail_details: dict[str, Any] | None = None
) -> Doings | str:
    """What the principal did, or why that was not found out, as PolicyGeneration keeps it."""
    permitted(call)
    arn = _principal(call, policy_generation_details["principalArn"]).arn
    start, end = _window(call, cloud_trail_details)
    try:
        found = await doings(
            call.realm.store, call.account_id, since=start, until=end, wanted=lambda who: who == arn, most=EVENTS
        )
    except TooManyEvents as error:
        return f"SERVICE_QUOTA_EXCEEDED_ERROR\n{error}"
    return found[0] if found else Doings(arn)


@accessanalyzer.operation(on=any_job, also=passed_role, prepare=read_record)
def start_policy_generation(
    call: Call,
    _: None,
    *,
    policy_generation_details: dict[str, Any],
    cloud_trail_details: dict[str, Any] | None = None,
    client_token: str | None = None,
) -> Reply:
    """Make the policy that a user or role needs for what it did in up to 90 days.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_StartPolicyGeneration.html
    """
    jobs = call.records.policy_generations
    for old in list(jobs)[: max(0, len(jobs) - JOBS_KEPT + 1)]:
        jobs.remove(old)
    made: Doings | str = call.prepared
    start, end = _window(call, cloud_trail_details)
    asked = {"startTime": start.isoformat(), "endTime": end.isoformat(), "trails": _trails(call, cloud_trail_details)}
    job = PolicyGeneration(
        account_id=call.account_id,
        id=new_uuid(),
        principal_arn=policy_generation_details["principalArn"],
        started=call.now,
        completed=call.now,
        properties=json.dumps(asked),
        done="[]" if isinstance(made, str) else json.dumps([asdict(each) for each in made.done.values()]),
        failure=made if isinstance(made, str) else None,
    )
    return {"jobId": jobs.add(job).id}


@accessanalyzer.operation(on=any_job)
def get_generated_policy(
    call: Call,
    _: None,
    *,
    job_id: str,
    include_resource_placeholders: bool = False,
    include_service_level_template: bool = False,
) -> Reply:
    """The policy of a job: with the resources that were used, or placeholders for them.

    Every action is known by itself, so there is never anything to tell of whole services.
    """
    job = _job(call, job_id)
    asked = json.loads(job.properties)
    properties: dict[str, Any] = {"principalArn": job.principal_arn, "isComplete": job.failure is None}
    if asked["trails"]:
        times = {name: datetime.fromisoformat(asked[name]) for name in ("startTime", "endTime")}
        properties["cloudTrailProperties"] = {"trailProperties": asked["trails"], **times}
    done = [Done(each["action"], each["resource"], _context(each["context"])) for each in json.loads(job.done)]
    policy = _with_placeholders(done) if include_resource_placeholders else learned(done)
    policies = [] if policy is None else [{"policy": json.dumps(policy)}]
    return {
        "jobDetails": _details(job),
        "generatedPolicyResult": {"properties": properties, "generatedPolicies": policies},
    }


@accessanalyzer.operation(on=any_job)
def list_policy_generations(
    call: Call,
    _: None,
    *,
    principal_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> Reply:
    """The jobs, the newest first."""
    found = [
        job for job in reversed(list(call.records.policy_generations)) if principal_arn in (None, job.principal_arn)
    ]
    return page("policyGenerations", found, _summary, next_token, max_results)


@accessanalyzer.operation(on=any_job)
def cancel_policy_generation(call: Call, _: None, *, job_id: str) -> Reply:
    """Stop a job. None can be stopped, for they are done when they are started."""
    raise ValidationException(f"The job {_job(call, job_id).id} is completed and cannot be canceled")


def _job(call: Call, job_id: str) -> PolicyGeneration:
    job: PolicyGeneration | None = call.records.policy_generations.get(job_id)
    if job is None:
        raise ValidationException(f"Job {job_id} was not found")
    return job


def _summary(job: PolicyGeneration) -> dict[str, Any]:
    status = "SUCCEEDED" if job.failure is None else "FAILED"
    times = {"startedOn": job.started, "completedOn": job.completed}
    return {"jobId": job.id, "principalArn": job.principal_arn, "status": status, **times}


def _details(job: PolicyGeneration) -> dict[str, Any]:
    told = {name: value for name, value in _summary(job).items() if name != "principalArn"}
    if job.failure is not None:
        code, _, message = job.failure.partition("\n")
        told["jobError"] = {"code": code, "message": message}
    return told


def _principal(call: Call, arn: str) -> User | Role:
    name = arn.rpartition("/")[2]
    named: list[User | Role | None] = [call.records.users.named(name), call.records.roles.named(name)]
    for entity in named:
        if entity is not None and entity.arn == arn:
            return entity
    raise ValidationException(f"{arn} is no user or role of the account")


def _window(call: Call, details: Mapping[str, Any] | None) -> tuple[datetime, datetime]:
    """From when to when; the last 90 days unless told. Raises ValidationException."""
    if details is None:
        return call.now - timedelta(days=DAYS), call.now
    start, end = details["startTime"], details.get("endTime") or call.now
    if not start < end <= call.now + timedelta(seconds=1) or end - start > timedelta(days=DAYS):
        raise ValidationException(f"The time has to end after its start, not in the future, and be {DAYS} days at most")
    return start, end


def _trails(call: Call, details: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The trails of the account that were named, as they are told. Raises ValidationException."""
    named: list[dict[str, Any]] = [] if details is None else details["trails"]
    known = {
        f"arn:{PARTITION}:cloudtrail:{trail.region}:{trail.account_id}:trail/{trail.name}"
        for trail in call.records.trails
    }
    for each in named:
        if each["cloudTrailArn"] not in known:
            raise ValidationException(f"{each['cloudTrailArn']} is no trail of the account")
    return named


def _context(kept: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    return {key: value if isinstance(value, str) else tuple(value) for key, value in kept.items()}


def _with_placeholders(done: Sequence[Done]) -> dict[str, object] | None:
    """The policy with the ARNs of resource types as the service authorization reference has them, to be filled in."""
    groups: dict[tuple[str, ...], set[str]] = {}
    for each in done:
        groups.setdefault(tuple(_templates(each.action)), set()).add(each.action)
    statements = [
        {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
        for resources, actions in sorted(groups.items(), key=lambda item: min(item[1]))
    ]
    return {"Version": "2012-10-17", "Statement": statements} if statements else None


def _templates(action: str) -> list[str]:
    prefix, _, name = action.partition(":")
    service = services.get(prefix)
    known = None if service is None else service.actions.get(name.lower())
    if service is None or known is None:
        return ["*"]
    types = [service.resource_types.get(each.name.lower()) for each in known.resource_types]
    return [each.arn.replace("${Partition}", PARTITION) for each in types if each is not None] or ["*"]
