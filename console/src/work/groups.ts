/** What takes more than one operation to do with a group. */
import { call, everything } from "../api";
import { stripPolicies } from "./identities";

/** Delete a group with its policies and memberships, as the AWS console does. */
export async function deleteGroup(name: string): Promise<void> {
  const GroupName = name;
  for (const { UserName } of await everything("GetGroup", { GroupName }, "Users")) {
    await call("iam", "RemoveUserFromGroup", { GroupName, UserName });
  }
  await stripPolicies("group", name);
  await call("iam", "DeleteGroup", { GroupName });
}
