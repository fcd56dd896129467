/** One policy of the organization: its document, what it is attached to, its tags. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { call } from "../api";
import { useDoing, useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Changes } from "../parts/changes";
import { Confirm } from "../parts/confirm";
import { Dialog } from "../parts/dialog";
import { Copied, Facts } from "../parts/facts";
import { Actions } from "../parts/list";
import { PolicyEditor } from "../parts/policy-editor";
import { Refused, Show } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { Tags } from "../parts/tags";
import { Targets } from "../parts/targets";
import { TestChange } from "../parts/test-change";
import { strings } from "../strings";
import { type Control, tagsOf, theControl, writtenAs } from "../work/organization";

const text = strings.controls;
type Whole = Control & { content: string };

export default function OrganizationPolicy() {
  const { id = "" } = useParams();
  const loaded = useLoad(() => theControl(id), [id]);
  const policy = loaded.value;
  const name = policy?.name ?? id;
  usePage([text.list, "/organization/policies"], [name, path`/organization/policies/${id}`]);
  const [open, setOpen] = useState<"edit" | "delete">();
  const navigate = useNavigate();
  const tell = useTell();
  const saved = () => {
    setOpen(undefined);
    loaded.reload();
    tell("success", text.saved);
  };
  const deleted = () => {
    tell("success", text.deleted(name));
    void navigate(`/organization/policies?kind=${policy?.kind ?? ""}`);
  };
  const actions = policy && !policy.isAws && (
    <Actions>
      <ActionButton needs="organizations:UpdatePolicy" onClick={() => setOpen("edit")}>{text.edit}</ActionButton>
      <ActionButton needs="organizations:DeletePolicy" onClick={() => setOpen("delete")}>{strings.confirm.delete}</ActionButton>
    </Actions>
  );
  return (
    <ContentLayout header={<Header variant="h1" description={policy?.about} actions={actions}>{name}</Header>}>
      <Show from={loaded}>{(found) => <Body policy={found} saved={saved} />}</Show>
      {open === "edit" && policy && <Edit policy={policy} done={saved} close={() => setOpen(undefined)} />}
      {open === "delete" && (
        <Confirm
          title={text.deleteTitle(name)}
          typed={name}
          work={() => call("organizations", "DeletePolicy", { PolicyId: id })}
          done={deleted}
          close={() => setOpen(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </ContentLayout>
  );
}

function Body({ policy, saved }: { policy: Whole; saved: () => void }) {
  const ResourceId = policy.id;
  const tags = useLoad(() => (policy.isAws ? Promise.resolve([]) : tagsOf(ResourceId)), [ResourceId]);
  const tagging = (
    <Tags
      from={tags}
      needs="organizations:TagResource"
      set={(Tags) => call("organizations", "TagResource", { ResourceId, Tags })}
      remove={(TagKeys) => call("organizations", "UntagResource", { ResourceId, TagKeys })}
    />
  );
  const tabs = [
    { id: "document", label: text.document, content: <Document key={policy.content} policy={policy} saved={saved} /> },
    { id: "targets", label: text.targets, content: <Targets policy={policy} /> },
    ...(policy.isAws ? [] : [{ id: "tags", label: strings.tags.title, content: tagging }]),
  ];
  return (
    <SpaceBetween size="l">
      <Facts
        facts={{
          [text.kind]: text.kinds[policy.kind],
          [strings.user.arn]: <Copied text={policy.arn} />,
          [strings.organization.id]: <Copied text={policy.id} />,
          [text.owned]: policy.isAws ? text.ofAws : text.ofCustomer,
        }}
      />
      <Tabs label={policy.name} tabs={tabs} />
    </SpaceBetween>
  );
}

function Document({ policy, saved }: { policy: Whole; saved: () => void }) {
  const { id, content, isAws } = policy;
  const [value, setValue] = useState(content);
  const doing = useDoing();
  const kind = writtenAs(policy.kind);
  const change = { PolicyId: id, Content: value };
  const save = async () => {
    if (await doing.run(() => call("organizations", "UpdatePolicy", change))) saved();
  };
  return (
    <Container>
      <SpaceBetween size="m">
        <Refused error={doing.error} />
        <PolicyEditor value={value} {...(!isAws && { change: setValue })} kind={kind} label={text.content} />
        <Changes before={content} after={value} />
        {!isAws && (
          <Actions>
            <Button disabled={value === content} onClick={() => setValue(content)}>
              {text.reset}
            </Button>
            {kind !== "other" && <TestChange organization disabled={value === content} changes={() => [{ "organizations:UpdatePolicy": change }]} />}
            <ActionButton needs="organizations:UpdatePolicy" variant="primary" loading={doing.busy} disabled={value === content} onClick={() => void save()}>
              {text.save}
            </ActionButton>
          </Actions>
        )}
      </SpaceBetween>
    </Container>
  );
}

function Edit({ policy, done, close }: { policy: Control; done: () => void; close: () => void }) {
  const [name, setName] = useState(policy.name);
  const [about, setAbout] = useState(policy.about);
  const save = () => call("organizations", "UpdatePolicy", { PolicyId: policy.id, Name: name, Description: about });
  return (
    <Dialog title={text.edit} action={text.saveDetails} ready={name !== ""} work={save} done={done} close={close}>
      <FormField label={text.name}>
        <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label={text.about}>
        <Input value={about} onChange={({ detail }) => setAbout(detail.value)} />
      </FormField>
    </Dialog>
  );
}
