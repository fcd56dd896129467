/** The credentials of the person who is signed in: password, MFA devices, access keys. */
import Alert from "@cloudscape-design/components/alert";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { usePage } from "../page";
import { AccessKeys } from "../parts/access-keys";
import { MfaDevices } from "../parts/mfa-devices";
import { OwnPassword } from "../parts/own-password";
import { useSession } from "../session";
import { strings } from "../strings";

const text = strings.credentials;

export default function SecurityCredentials() {
  usePage([text.own, "/security-credentials"]);
  const session = useSession();
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={session.arn}>
          {text.own}
        </Header>
      }
    >
      {session.isRole ? (
        <Alert type="info">{text.ofRole}</Alert>
      ) : (
        <SpaceBetween size="l">
          {session.isRoot ? <Alert type="info">{text.ofRoot}</Alert> : <OwnPassword />}
          <MfaDevices />
          <AccessKeys />
        </SpaceBetween>
      )}
    </ContentLayout>
  );
}
