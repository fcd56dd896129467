/** An inline policy of a user, group or role: a new one, or one to change. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { useDoing, useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Changes } from "../parts/changes";
import { Actions } from "../parts/list";
import { PolicyEditor } from "../parts/policy-editor";
import { Refused, Show } from "../parts/states";
import { TestChange } from "../parts/test-change";
import { strings } from "../strings";
import { EMPTY_POLICY } from "../work/documents";
import { type IdentityKind, KINDS, POLICIES, readable } from "../work/identities";
import { inlineChange } from "../work/replay";

const text = strings.inline;
const LISTS = { user: "users", group: "groups", role: "roles" } as const;

export default function InlinePage() {
  const { kind = "user", name = "", policy } = useParams() as { kind?: IdentityKind; name?: string; policy?: string };
  const list = LISTS[kind];
  const owner = `/${list}${path`/${name}`}`;
  usePage([strings[list].title, `/${list}`], [name, owner], [policy ?? text.create, path`/inline/${kind}/${name}`]);
  const document = useLoad(
    async () => (policy === undefined ? EMPTY_POLICY : readable((await POLICIES[kind].read(name, policy)).PolicyDocument)),
    [kind, name, policy],
  );
  return (
    <ContentLayout header={<Header variant="h1">{policy ?? text.create}</Header>}>
      <Show from={document}>
        {(found) => <Editing kind={kind} name={name} policy={policy} document={found} owner={owner} />}
      </Show>
    </ContentLayout>
  );
}

interface Props {
  kind: IdentityKind;
  name: string;
  policy: string | undefined;
  document: string;
  owner: string;
}

function Editing({ kind, name, policy, document, owner }: Props) {
  const [title, setTitle] = useState(policy ?? "");
  const [value, setValue] = useState(document);
  const doing = useDoing();
  const navigate = useNavigate();
  const tell = useTell();
  const save = async () => {
    if (!(await doing.run(() => POLICIES[kind].write(name, title, value)))) return;
    tell("success", text.saved(title));
    void navigate(owner);
  };
  return (
    <Form
      actions={
        <Actions>
          <Button variant="link" onClick={() => void navigate(owner)}>
            {strings.confirm.cancel}
          </Button>
          <TestChange disabled={title === "" || (policy !== undefined && value === document)} changes={() => inlineChange(kind, name, title, value)} />
          <ActionButton needs={`iam:Put${KINDS[kind]}Policy`} variant="primary" loading={doing.busy} disabled={title === ""} onClick={() => void save()}>
            {text.save}
          </ActionButton>
        </Actions>
      }
    >
      <Container>
        <SpaceBetween size="l">
          <Refused error={doing.error} />
          {policy === undefined && (
            <FormField label={text.name}>
              <Input value={title} autoComplete={false} onChange={({ detail }) => setTitle(detail.value)} />
            </FormField>
          )}
          <PolicyEditor value={value} change={setValue} />
          {policy !== undefined && <Changes before={document} after={value} />}
        </SpaceBetween>
      </Container>
    </Form>
  );
}
