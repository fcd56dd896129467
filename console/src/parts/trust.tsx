/** Who may assume a role: its trust policy, to be read and changed. */
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call } from "../api";
import { useDoing } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { readable } from "../work/identities";
import { ActionButton } from "./action-button";
import { Changes } from "./changes";
import { Actions } from "./list";
import { PolicyEditor } from "./policy-editor";
import { Refused } from "./states";
import { TestChange } from "./test-change";

const text = strings.role;

/** `document` is as IAM answers it; `saved` is told when another is in force. */
export function Trust({ role, document, saved }: { role: string; document: string | undefined; saved: () => void }) {
  const present = readable(document);
  const [value, setValue] = useState(present);
  const doing = useDoing();
  const tell = useTell();
  const save = async () => {
    if (!(await doing.run(() => call("iam", "UpdateAssumeRolePolicy", { RoleName: role, PolicyDocument: value })))) return;
    saved();
    tell("success", text.trustSaved);
  };
  const change = { "iam:UpdateAssumeRolePolicy": { RoleName: role, PolicyDocument: value } };
  const buttons = (
    <Actions>
      <TestChange disabled={value === present} changes={() => [change]} />
      <ActionButton needs="iam:UpdateAssumeRolePolicy" variant="primary" loading={doing.busy} disabled={value === present} onClick={() => void save()}>
        {text.trustSave}
      </ActionButton>
    </Actions>
  );
  return (
    <Container header={<Header variant="h2" description={text.trustWhat} actions={buttons}>{text.trust}</Header>}>
      <SpaceBetween size="m">
        <Refused error={doing.error} />
        <PolicyEditor value={value} change={setValue} label={text.trustEditor} kind="trust" />
        <Changes before={present} after={value} />
      </SpaceBetween>
    </Container>
  );
}
