/** What takes more than one operation to do with a role, in the order that IAM demands. */
import { call, everything, Refusal } from "../api";
import type { Tag } from "../parts/tags";
import { document } from "./documents";
import { lacking } from "./lacking";

const REVOKING = "AWSRevokeOlderSessions";
const PAUSE = 500; // milliseconds between two looks at a deletion

/** Delete a role with everything that is its own, as the AWS console does. */
export async function deleteRole(RoleName: string, path: string | undefined): Promise<void> {
  if (path?.startsWith("/aws-service-role/")) return deleteServiceLinked(RoleName);
  const mine = { RoleName };
  for (const { InstanceProfileName } of await everything("ListInstanceProfilesForRole", mine, "InstanceProfiles")) {
    await call("iam", "RemoveRoleFromInstanceProfile", { RoleName, InstanceProfileName });
  }
  for (const { PolicyArn } of await everything("ListAttachedRolePolicies", mine, "AttachedPolicies")) {
    await call("iam", "DetachRolePolicy", { RoleName, PolicyArn });
  }
  for (const PolicyName of await everything("ListRolePolicies", mine, "PolicyNames")) {
    await call("iam", "DeleteRolePolicy", { RoleName, PolicyName });
  }
  await call("iam", "DeleteRole", mine);
}

async function deleteServiceLinked(RoleName: string): Promise<void> {
  const { DeletionTaskId } = await call("iam", "DeleteServiceLinkedRole", { RoleName });
  for (;;) {
    const { Status, Reason } = await call("iam", "GetServiceLinkedRoleDeletionStatus", { DeletionTaskId });
    if (Status === "SUCCEEDED") return;
    if (Status === "FAILED") throw new Refusal("Failed", Reason?.Reason ?? Status);
    await new Promise((resume) => setTimeout(resume, PAUSE));
  }
}

/** When each role was last used (seconds of the epoch), by name; null for who may not ask that of all roles at once. */
export async function rolesLastUsed(): Promise<Map<string | undefined, number | undefined> | null> {
  if (await lacking("iam:GetAccountAuthorizationDetails")) return null;
  const details = await everything("GetAccountAuthorizationDetails", { Filter: ["Role"] }, "RoleDetailList");
  return new Map(details.map((role) => [role.RoleName, role.RoleLastUsed?.LastUsedDate]));
}

/** What a person says of a role that is to be made. */
export interface NewRole {
  name: string;
  description: string;
  trust: string;
  policies: string[];
  tags: Tag[];
}

/** The actions that it takes to make that role. */
export function neededFor({ tags, policies }: NewRole): string[] {
  return ["iam:CreateRole", ...(tags.length ? ["iam:TagRole"] : []), ...(policies.length ? ["iam:AttachRolePolicy"] : [])];
}

/** Make a role with all of that; what was made before something was refused is taken back. */
export async function createRole(role: NewRole): Promise<void> {
  const RoleName = role.name;
  await call("iam", "CreateRole", {
    RoleName,
    AssumeRolePolicyDocument: role.trust,
    ...(role.description && { Description: role.description }),
    ...(role.tags.length && { Tags: role.tags }),
  });
  try {
    for (const PolicyArn of role.policies) await call("iam", "AttachRolePolicy", { RoleName, PolicyArn });
  } catch (error) {
    await deleteRole(RoleName, undefined).catch(() => undefined);
    throw error;
  }
}

/** Deny everything to the sessions that began before now. */
export function revokeSessions(RoleName: string): Promise<unknown> {
  const before = { DateLessThan: { "aws:TokenIssueTime": new Date().toISOString() } };
  const PolicyDocument = document({ Effect: "Deny", Action: ["*"], Resource: ["*"], Condition: before });
  return call("iam", "PutRolePolicy", { RoleName, PolicyName: REVOKING, PolicyDocument });
}
