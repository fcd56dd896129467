/** What takes more than one operation to do with a managed policy. */
import { call, everything } from "../api";
import { readable } from "./identities";

const MOST_VERSIONS = 5;

/** The default version's document, and which one that is. */
export async function loadPolicy(PolicyArn: string) {
  const policy = (await call("iam", "GetPolicy", { PolicyArn })).Policy ?? {};
  const VersionId = policy.DefaultVersionId;
  const version = (await call("iam", "GetPolicyVersion", { PolicyArn, VersionId })).PolicyVersion;
  return { policy, document: readable(version?.Document) };
}

/** The oldest version that is not the default, where there are as many as there may be: it has to make room. */
export async function inTheWay(PolicyArn: string): Promise<string | undefined> {
  const versions = await everything("ListPolicyVersions", { PolicyArn }, "Versions");
  return versions.length < MOST_VERSIONS ? undefined : versions.filter((version) => !version.IsDefaultVersion).at(-1)?.VersionId;
}

/** Make a version the default; where there are five, one makes room. */
export async function saveVersion(PolicyArn: string, PolicyDocument: string): Promise<void> {
  const VersionId = await inTheWay(PolicyArn);
  if (VersionId) await call("iam", "DeletePolicyVersion", { PolicyArn, VersionId });
  await call("iam", "CreatePolicyVersion", { PolicyArn, PolicyDocument, SetAsDefault: true });
}

/** Whom a policy is attached to, or bounds. */
export async function usersOf(PolicyArn: string): Promise<{ kind: "users" | "groups" | "roles"; name: string }[]> {
  const reply = await call("iam", "ListEntitiesForPolicy", { PolicyArn, MaxItems: 1000 });
  return [
    ...(reply.PolicyUsers ?? []).map((user) => ({ kind: "users" as const, name: user.UserName ?? "" })),
    ...(reply.PolicyGroups ?? []).map((group) => ({ kind: "groups" as const, name: group.GroupName ?? "" })),
    ...(reply.PolicyRoles ?? []).map((role) => ({ kind: "roles" as const, name: role.RoleName ?? "" })),
  ];
}

/** Delete a policy with all its versions; one that is attached is refused. */
export async function deletePolicy(PolicyArn: string): Promise<void> {
  for (const version of await everything("ListPolicyVersions", { PolicyArn }, "Versions")) {
    if (!version.IsDefaultVersion) await call("iam", "DeletePolicyVersion", { PolicyArn, VersionId: version.VersionId });
  }
  await call("iam", "DeletePolicy", { PolicyArn });
}
