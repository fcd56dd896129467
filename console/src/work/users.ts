/** What takes more than one operation to do with a user, in the order that IAM demands. */
import { call, everything } from "../api";
import type { Tag } from "../parts/tags";
import { stripPolicies } from "./identities";

/** Delete a user with everything that is its own, as the AWS console does. */
export async function deleteUser(name: string): Promise<void> {
  const UserName = name;
  const mine = { UserName };
  await stripPolicies("user", name);
  for (const { GroupName } of await everything("ListGroupsForUser", mine, "Groups")) {
    await call("iam", "RemoveUserFromGroup", { UserName, GroupName });
  }
  for (const { AccessKeyId } of await everything("ListAccessKeys", mine, "AccessKeyMetadata")) {
    await call("iam", "DeleteAccessKey", { UserName, AccessKeyId });
  }
  for (const { SerialNumber } of await everything("ListMFADevices", mine, "MFADevices")) {
    await call("iam", "DeactivateMFADevice", { UserName, SerialNumber });
  }
  for (const { CertificateId } of await everything("ListSigningCertificates", mine, "Certificates")) {
    await call("iam", "DeleteSigningCertificate", { UserName, CertificateId });
  }
  for (const { SSHPublicKeyId } of await everything("ListSSHPublicKeys", mine, "SSHPublicKeys")) {
    await call("iam", "DeleteSSHPublicKey", { UserName, SSHPublicKeyId });
  }
  const { ServiceSpecificCredentials } = await call("iam", "ListServiceSpecificCredentials", mine);
  for (const { ServiceSpecificCredentialId } of ServiceSpecificCredentials ?? []) {
    await call("iam", "DeleteServiceSpecificCredential", { UserName, ServiceSpecificCredentialId });
  }
  await without("NoSuchEntity", () => call("iam", "DeleteLoginProfile", mine));
  await call("iam", "DeleteUser", mine);
}

/** When one of a user's access keys was last used, in seconds of the epoch; undefined: never. */
export async function keysLastUsed(UserName: string): Promise<number | undefined> {
  const keys = await everything("ListAccessKeys", { UserName }, "AccessKeyMetadata");
  const used = await Promise.all(keys.map(({ AccessKeyId }) => call("iam", "GetAccessKeyLastUsed", { AccessKeyId })));
  const times = used.flatMap((each) => each.AccessKeyLastUsed?.LastUsedDate ?? []);
  return times.length ? Math.max(...times) : undefined;
}

/** Do that, and mind no refusal of that code. */
export async function without(code: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === code)) throw error;
  }
}

/** What a person says of a user that is to be made. */
export interface NewUser {
  name: string;
  signsIn: boolean;
  ownPassword: boolean;
  password: string;
  mustChange: boolean;
  groups: string[];
  policies: string[];
  tags: Tag[];
}

/** The actions that it takes to make that user. */
export function neededFor({ tags, groups, policies, signsIn }: NewUser): string[] {
  return [
    "iam:CreateUser",
    ...(tags.length ? ["iam:TagUser"] : []),
    ...(groups.length ? ["iam:AddUserToGroup"] : []),
    ...(policies.length ? ["iam:AttachUserPolicy"] : []),
    ...(signsIn ? ["iam:CreateLoginProfile"] : []),
  ];
}

/** Make a user with all of that; what was made before something was refused is taken back. */
export async function createUser(user: NewUser): Promise<void> {
  const UserName = user.name;
  await call("iam", "CreateUser", { UserName, ...(user.tags.length && { Tags: user.tags }) });
  try {
    for (const GroupName of user.groups) await call("iam", "AddUserToGroup", { UserName, GroupName });
    for (const PolicyArn of user.policies) await call("iam", "AttachUserPolicy", { UserName, PolicyArn });
    if (user.signsIn) {
      await call("iam", "CreateLoginProfile", { UserName, Password: user.password, PasswordResetRequired: user.mustChange });
    }
  } catch (error) {
    await deleteUser(UserName).catch(() => undefined);
    throw error;
  }
}

const ALPHABETS = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!#$%&*+-=?@_"];
const LENGTH = 20;

/** A random password with characters of every kind. */
export function madeUpPassword(): string {
  const every = ALPHABETS.join("");
  for (;;) {
    const password = Array.from({ length: LENGTH }, () => every[below(every.length)]).join("");
    if (ALPHABETS.every((kind) => [...kind].some((one) => password.includes(one)))) return password;
  }
}

/** A random number below `limit`, each as likely as the others. */
function below(limit: number): number {
  const [drawn] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number];
  const most = Math.floor(2 ** 32 / limit) * limit;
  return drawn < most ? drawn % limit : below(limit);
}
