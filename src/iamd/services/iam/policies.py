"""Finding managed policies by ARN: the account's own, and AWS's, which belong to nobody's account."""

from __future__ import annotations

from iamd.reference import managed
from iamd.store import records as stored
from iamd.store.image import Records
from iamd.wire.errors import InvalidInput, NoSuchEntity, PolicyNotAttachable, ValidationError

OwnPolicy = stored.ManagedPolicy
AwsPolicy = managed.ManagedPolicy
Policy = OwnPolicy | AwsPolicy

# AWS attaches these to its own roles and sessions; they say `IsAttachable`, yet nobody else may attach them.
RESERVED_PATHS = frozenset({"/aws-service-role/", "/root-task/"})


def owner(arn: str) -> str:
    """The account of a managed policy's ARN: 12 digits or `aws`. Raises ValidationError, InvalidInput."""
    fields = arn.split(":", 5)
    if len(fields) < 6 or fields[0] != "arn":
        raise ValidationError("Invalid ARN:  Could not be parsed!")
    _, partition, service, region, account_id, resource = fields
    if partition != stored.PARTITION:
        raise ValidationError("Invalid ARN partition")
    if service != "iam" or region or not resource.startswith("policy/"):
        raise InvalidInput(f"ARN {arn} is not valid.")
    return account_id


def find(records: Records, arn: str) -> Policy | None:
    """The policy with exactly this ARN; None when neither AWS nor the account has it."""
    own: OwnPolicy | None = records.policies.named(name_of(arn))
    return own if own is not None and own.arn == arn else managed.get(arn)


def name_of(arn: str) -> str:
    """A managed policy's name, as its ARN ends with it."""
    return arn.rpartition("/")[2]


def path_of(arn: str) -> str:
    """A managed policy's path, as its ARN has it."""
    return arn.split(":", 5)[5].removeprefix("policy").rpartition("/")[0] + "/"


def by_name(arn: str) -> str:
    """The key by which lists of policies are ordered: by name, and the account's own before AWS's of the same name.

    Unlike an ARN it always fits into a marker.
    """
    return f"{stored.fold(name_of(arn))} {owner(arn)}"


def default_version(policy: Policy) -> str:
    """The identifier of the version in force, `v1`."""
    return f"v{policy.default_version}" if isinstance(policy, OwnPolicy) else policy.default_version


def attachable(records: Records, arn: str, noun: str, subject: str) -> str:
    """The ARN of a policy that may be given to a `user`, `group` or `role`.

    `subject` begins the sentence when there is no such policy. Raises NoSuchEntity, PolicyNotAttachable, and what
    `owner` raises.
    """
    owner(arn)
    policy = find(records, arn)
    if policy is None:
        raise NoSuchEntity(f"{subject} {arn} does not exist or is not attachable.")
    if isinstance(policy, AwsPolicy) and policy.path in RESERVED_PATHS:
        raise PolicyNotAttachable(f"Cannot attach AWS reserved policy to an IAM {noun}.")
    return arn


def usage(records: Records, arn: str) -> tuple[int, int]:
    """How many identities of the account have the policy attached, and how many as their boundary."""
    boundaries = records.users.count("boundary", arn) + records.roles.count("boundary", arn)
    return records.attachments.count("policy", arn), boundaries
