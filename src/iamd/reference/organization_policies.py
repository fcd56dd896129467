"""The organization policies that AWS owns: one that allows everything, for either type of control policy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnedPolicy:
    """A policy of AWS's; every organization sees it."""

    id: str
    type: str
    name: str
    description: str
    content: str

    @property
    def arn(self) -> str:
        return f"arn:aws:organizations::aws:policy/{self.type.lower()}/{self.id}"


SCP_FULL_ACCESS = OwnedPolicy(
    "p-FullAWSAccess",
    "SERVICE_CONTROL_POLICY",
    "FullAWSAccess",
    "Allows access to every operation",
    """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}""",
)
RCP_FULL_ACCESS = OwnedPolicy(
    "p-RCPFullAWSAccess",
    "RESOURCE_CONTROL_POLICY",
    "RCPFullAWSAccess",
    "Allows access to every operation",
    """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "*",
      "Resource": "*"
    }
  ]
}""",
)

ALL = (SCP_FULL_ACCESS, RCP_FULL_ACCESS)


def get(policy_id: str) -> OwnedPolicy | None:
    """Return AWS's policy with this id, or None."""
    return next((policy for policy in ALL if policy.id == policy_id), None)
