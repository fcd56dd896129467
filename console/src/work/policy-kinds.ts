/** The kinds of policies that are written in the console, and what each may say. */
import type { Reply } from "../api";

/** `other`: a policy of the organization that is not about permissions. */
export type PolicyKind = "identity" | "trust" | "scp" | "rcp" | "other";
export type StatementKind = Exclude<PolicyKind, "other">;
export type Finding = NonNullable<Reply<"accessanalyzer", "ValidatePolicy">["findings"]>[number];

/** What AWS calls it when a policy is checked. */
export const CHECKED = {
  identity: { policyType: "IDENTITY_POLICY" },
  trust: { policyType: "RESOURCE_POLICY", validatePolicyResourceType: "AWS::IAM::AssumeRolePolicyDocument" },
  scp: { policyType: "SERVICE_CONTROL_POLICY" },
  rcp: { policyType: "RESOURCE_CONTROL_POLICY" },
} as const satisfies Record<StatementKind, object>;

const IDENTITY = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/** The elements of a statement, in the order in which AWS writes them. */
export const ELEMENTS: Record<StatementKind, string[]> = {
  identity: IDENTITY,
  trust: ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"],
  scp: IDENTITY,
  rcp: ["Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"],
};
