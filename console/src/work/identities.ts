/** The policies of users, groups and roles, under one set of names: only the operations are called differently. */
import { call, everything } from "../api";

export type IdentityKind = "user" | "group" | "role";
/** As they stand in names of operations: `AttachUserPolicy`. */
export const KINDS: Record<IdentityKind, string> = { user: "User", group: "Group", role: "Role" };
export interface Attached {
  PolicyName?: string | undefined;
  PolicyArn?: string | undefined;
}

interface Policies {
  attached: (name: string) => Promise<Attached[]>;
  attach: (name: string, PolicyArn: string) => Promise<unknown>;
  detach: (name: string, PolicyArn: string) => Promise<unknown>;
  inline: (name: string) => Promise<string[]>;
  read: (name: string, PolicyName: string) => Promise<{ PolicyDocument?: string | undefined }>;
  write: (name: string, PolicyName: string, PolicyDocument: string) => Promise<unknown>;
  remove: (name: string, PolicyName: string) => Promise<unknown>;
}

export const POLICIES: Record<IdentityKind, Policies> = {
  user: {
    attached: (UserName) => everything("ListAttachedUserPolicies", { UserName }, "AttachedPolicies"),
    attach: (UserName, PolicyArn) => call("iam", "AttachUserPolicy", { UserName, PolicyArn }),
    detach: (UserName, PolicyArn) => call("iam", "DetachUserPolicy", { UserName, PolicyArn }),
    inline: (UserName) => everything("ListUserPolicies", { UserName }, "PolicyNames"),
    read: (UserName, PolicyName) => call("iam", "GetUserPolicy", { UserName, PolicyName }),
    write: (UserName, PolicyName, PolicyDocument) => call("iam", "PutUserPolicy", { UserName, PolicyName, PolicyDocument }),
    remove: (UserName, PolicyName) => call("iam", "DeleteUserPolicy", { UserName, PolicyName }),
  },
  group: {
    attached: (GroupName) => everything("ListAttachedGroupPolicies", { GroupName }, "AttachedPolicies"),
    attach: (GroupName, PolicyArn) => call("iam", "AttachGroupPolicy", { GroupName, PolicyArn }),
    detach: (GroupName, PolicyArn) => call("iam", "DetachGroupPolicy", { GroupName, PolicyArn }),
    inline: (GroupName) => everything("ListGroupPolicies", { GroupName }, "PolicyNames"),
    read: (GroupName, PolicyName) => call("iam", "GetGroupPolicy", { GroupName, PolicyName }),
    write: (GroupName, PolicyName, PolicyDocument) => call("iam", "PutGroupPolicy", { GroupName, PolicyName, PolicyDocument }),
    remove: (GroupName, PolicyName) => call("iam", "DeleteGroupPolicy", { GroupName, PolicyName }),
  },
  role: {
    attached: (RoleName) => everything("ListAttachedRolePolicies", { RoleName }, "AttachedPolicies"),
    attach: (RoleName, PolicyArn) => call("iam", "AttachRolePolicy", { RoleName, PolicyArn }),
    detach: (RoleName, PolicyArn) => call("iam", "DetachRolePolicy", { RoleName, PolicyArn }),
    inline: (RoleName) => everything("ListRolePolicies", { RoleName }, "PolicyNames"),
    read: (RoleName, PolicyName) => call("iam", "GetRolePolicy", { RoleName, PolicyName }),
    write: (RoleName, PolicyName, PolicyDocument) => call("iam", "PutRolePolicy", { RoleName, PolicyName, PolicyDocument }),
    remove: (RoleName, PolicyName) => call("iam", "DeleteRolePolicy", { RoleName, PolicyName }),
  },
};

/** Take every policy away from a user, group or role. */
export async function stripPolicies(kind: IdentityKind, name: string): Promise<void> {
  const policies = POLICIES[kind];
  for (const { PolicyArn } of await policies.attached(name)) await policies.detach(name, PolicyArn ?? "");
  for (const policy of await policies.inline(name)) await policies.remove(name, policy);
}

/** The document of an inline policy or of a version, which IAM answers percent-encoded, set out for reading. */
export function readable(document: string | undefined): string {
  const text = decodeURIComponent(document ?? "");
  try {
    return JSON.stringify(JSON.parse(text), null, 4);
  } catch {
    return text;
  }
}
