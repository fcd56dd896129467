/** The credentials of a user: password, MFA devices, access keys. */
import SpaceBetween from "@cloudscape-design/components/space-between";

import { AccessKeys } from "./access-keys";
import { ConsoleAccess } from "./console-access";
import { MfaDevices } from "./mfa-devices";

export function Credentials({ user }: { user: string }) {
  return (
    <SpaceBetween size="l">
      <ConsoleAccess user={user} />
      <MfaDevices user={user} />
      <AccessKeys user={user} />
    </SpaceBetween>
  );
}
