/** What holds for the whole account: its alias, and the rules for passwords. */
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { usePage } from "../page";
import { Alias } from "../parts/alias";
import { PasswordPolicy } from "../parts/password-policy";
import { strings } from "../strings";

const text = strings.settings;

export default function Settings() {
  usePage([text.title, "/settings"]);
  return (
    <ContentLayout header={<Header variant="h1">{text.title}</Header>}>
      <SpaceBetween size="l">
        <Alias />
        <PasswordPolicy />
      </SpaceBetween>
    </ContentLayout>
  );
}
