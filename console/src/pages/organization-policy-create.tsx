/** Makes a policy of the organization, and attaches it. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { call } from "../api";
import { useDoing } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { ControlKindField, kindIn } from "../parts/control-kind";
import { Actions } from "../parts/list";
import { PolicyEditor } from "../parts/policy-editor";
import { Refused } from "../parts/states";
import { TargetField } from "../parts/target-field";
import { TestChange } from "../parts/test-change";
import { strings } from "../strings";
import { type ControlKind, emptyControl, writtenAs } from "../work/organization";

const text = strings.controls;

export default function OrganizationPolicyCreate() {
  usePage([text.list, "/organization/policies"], [text.create, "/organization/policies/create"]);
  const [query] = useSearchParams();
  const [kind, setKind] = useState(kindIn(query));
  const [name, setName] = useState("");
  const [about, setAbout] = useState("");
  const [target, setTarget] = useState(query.get("target") ?? "");
  const [content, setContent] = useState(emptyControl(kind));
  const doing = useDoing();
  const navigate = useNavigate();
  const tell = useTell();
  const given = { Name: name, Description: about, Content: content, Type: kind };
  const choose = (chosen: ControlKind) => {
    setKind(chosen);
    setContent(emptyControl(chosen));
  };
  const create = () =>
    doing.run(async () => {
      const { Policy } = await call("organizations", "CreatePolicy", given);
      const PolicyId = Policy?.PolicySummary?.Id ?? "";
      if (target) {
        try {
          await call("organizations", "AttachPolicy", { PolicyId, TargetId: target });
        } catch (error) {
          await call("organizations", "DeletePolicy", { PolicyId }).catch(() => undefined);
          throw error;
        }
      }
      tell("success", target ? text.made(name) : text.madeAlone(name));
      void navigate(path`/organization/policies/${PolicyId}`);
    });
  const attached = { "organizations:AttachPolicy": { PolicyId: name, TargetId: target } };
  const as = writtenAs(kind);
  return (
    <ContentLayout header={<Header variant="h1">{text.create}</Header>}>
      <Form
        actions={
          <Actions>
            <Button variant="link" onClick={() => void navigate(`/organization/policies?kind=${kind}`)}>
              {strings.confirm.cancel}
            </Button>
            {as !== "other" && (
              <TestChange organization disabled={name === "" || target === ""} changes={() => [{ "organizations:CreatePolicy": given }, attached]} />
            )}
            <ActionButton needs={["organizations:CreatePolicy", ...(target ? ["organizations:AttachPolicy"] : [])]} variant="primary" loading={doing.busy} disabled={name === ""} onClick={() => void create()}>
              {text.create}
            </ActionButton>
          </Actions>
        }
      >
        <Container>
          <SpaceBetween size="l">
            <Refused error={doing.error} />
            <ControlKindField kind={kind} choose={choose} />
            <FormField label={text.name}>
              <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
            <FormField label={text.about}>
              <Input value={about} autoComplete={false} onChange={({ detail }) => setAbout(detail.value)} />
            </FormField>
            <TargetField target={target} choose={setTarget} />
            <PolicyEditor key={kind} value={content} change={setContent} kind={as} label={text.content} />
          </SpaceBetween>
        </Container>
      </Form>
    </ContentLayout>
  );
}
