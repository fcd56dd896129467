/** Makes a managed policy. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate } from "react-router";

import { call } from "../api";
import { useDoing, useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Actions } from "../parts/list";
import { PolicyEditor } from "../parts/policy-editor";
import { Refused } from "../parts/states";
import { TestChange } from "../parts/test-change";
import { strings } from "../strings";
import { EMPTY_POLICY } from "../work/documents";
import { newPolicyChange } from "../work/replay";
import { identities, type Identity } from "../work/simulation";

const text = strings.policies;

export default function PolicyCreate() {
  usePage([text.title, "/policies"], [text.create, "/policies/create"]);
  const [name, setName] = useState("");
  const [about, setAbout] = useState("");
  const [document, setDocument] = useState(EMPTY_POLICY);
  const [holder, setHolder] = useState<Identity>();
  const doing = useDoing();
  const navigate = useNavigate();
  const tell = useTell();
  const create = () =>
    doing.run(async () => {
      const input = { PolicyName: name, PolicyDocument: document, ...(about && { Description: about }) };
      const { Policy } = await call("iam", "CreatePolicy", input);
      tell("success", text.made(name));
      void navigate(path`/policies/${Policy?.Arn ?? ""}`);
    });
  return (
    <ContentLayout header={<Header variant="h1">{text.create}</Header>}>
      <Form
        actions={
          <Actions>
            <Button variant="link" onClick={() => void navigate("/policies")}>
              {strings.confirm.cancel}
            </Button>
            <TestChange disabled={name === ""} changes={() => newPolicyChange(name, document, holder)}>
              <Holder chosen={holder} choose={setHolder} />
            </TestChange>
            <ActionButton needs="iam:CreatePolicy" variant="primary" loading={doing.busy} disabled={name === ""} onClick={() => void create()}>
              {text.create}
            </ActionButton>
          </Actions>
        }
      >
        <Container>
          <SpaceBetween size="l">
            <Refused error={doing.error} />
            <FormField label={text.name}>
              <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
            <FormField label={text.about}>
              <Input value={about} autoComplete={false} onChange={({ detail }) => setAbout(detail.value)} />
            </FormField>
            <PolicyEditor value={document} change={setDocument} />
          </SpaceBetween>
        </Container>
      </Form>
    </ContentLayout>
  );
}

/** A user or role that the policy is tried on. */
function Holder({ chosen, choose }: { chosen: Identity | undefined; choose: (holder: Identity | undefined) => void }) {
  const all = useLoad(() => identities("user", "role"), []);
  const kinds = strings.whoCan.kinds as Record<string, string>;
  const options = (all.value ?? []).map(({ arn, name, kind }) => ({ value: arn, label: name, description: kinds[kind] ?? kind }));
  return (
    <FormField label={strings.testChange.attachTo} description={strings.testChange.attachToHint} errorText={all.error?.message}>
      <Select
        options={options}
        selectedOption={options.find((each) => each.value === chosen?.arn) ?? null}
        statusType={all.loading ? "loading" : "finished"}
        filteringType="auto"
        virtualScroll
        placeholder={strings.testChange.chooseWho}
        onChange={({ detail }) => choose(all.value?.find((each) => each.arn === detail.selectedOption.value))}
      />
    </FormField>
  );
}
