/** What takes more than one operation to do with a user, in the order that IAM demands. */
import { call, everything } from "../api";

/** Delete a user with everything that is its own, as the AWS console does. */
export async function deleteUser(name: string): Promise<void> {
  const UserName = name;
  const mine = { UserName };
  for (const { PolicyArn } of await everything("ListAttachedUserPolicies", mine, "AttachedPolicies")) {
    await call("iam", "DetachUserPolicy", { UserName, PolicyArn });
  }
  for (const PolicyName of await everything("ListUserPolicies", mine, "PolicyNames")) {
    await call("iam", "DeleteUserPolicy", { UserName, PolicyName });
  }
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

/** Do that, and mind no refusal of that code. */
export async function without(code: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === code)) throw error;
  }
}
