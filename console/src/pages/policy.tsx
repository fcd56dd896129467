/** One managed policy: its document, whom it is attached to, its versions and tags. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { call, everything } from "../api";
import { useDoing, useLoad } from "../load";
import { PageLink, path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Changes } from "../parts/changes";
import { Confirm } from "../parts/confirm";
import { Copied, Facts } from "../parts/facts";
import { LastAccessed } from "../parts/last-accessed";
import { Actions, List } from "../parts/list";
import { PolicyEditor } from "../parts/policy-editor";
import { typeOf } from "../parts/permissions";
import { Refused, Show } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { Tags } from "../parts/tags";
import { TestChange } from "../parts/test-change";
import { Moment } from "../parts/time";
import { Versions } from "../parts/versions";
import { strings } from "../strings";
import { deletePolicy, loadPolicy, saveVersion, usersOf } from "../work/policies";
import { versionChange } from "../work/replay";

const text = strings.policies;

export default function PolicyPage() {
  const { arn = "" } = useParams();
  const name = arn.split("/").at(-1) ?? arn;
  const isOwn = !arn.includes("::aws:");
  usePage([text.title, "/policies"], [name, path`/policies/${arn}`]);
  const loaded = useLoad(() => loadPolicy(arn), [arn]);
  const tags = useLoad(() => (isOwn ? everything("ListPolicyTags", { PolicyArn: arn }, "Tags") : Promise.resolve([])), [arn]);
  const [leaving, setLeaving] = useState(false);
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = () => {
    tell("success", text.deleted(name));
    void navigate("/policies");
  };
  const tabsOf = (document: string) => [
    {
      id: "document",
      label: text.document,
      content: <Editing key={document} arn={arn} document={document} isOwn={isOwn} saved={loaded.reload} />,
    },
    { id: "entities", label: text.entities, content: <Entities arn={arn} /> },
    { id: "access", label: strings.lastAccessed.title, content: <LastAccessed arn={arn} /> },
    { id: "versions", label: text.versions, content: <Versions arn={arn} isOwn={isOwn} changed={loaded.reload} /> },
    ...(isOwn
      ? [
          {
            id: "tags",
            label: strings.tags.title,
            content: (
              <Tags
                from={tags}
                needs="iam:TagPolicy"
                set={(Tags) => call("iam", "TagPolicy", { PolicyArn: arn, Tags })}
                remove={(TagKeys) => call("iam", "UntagPolicy", { PolicyArn: arn, TagKeys })}
              />
            ),
          },
        ]
      : []),
  ];
  return (
    <ContentLayout
      header={
        <Header variant="h1" actions={isOwn && <ActionButton needs="iam:DeletePolicy" onClick={() => setLeaving(true)}>{strings.confirm.delete}</ActionButton>}>
          {name}
        </Header>
      }
    >
      <Show from={loaded}>
        {({ policy, document }) => (
          <SpaceBetween size="l">
            <Facts
              facts={{
                [strings.user.arn]: <Copied text={policy.Arn} />,
                [text.type]: typeOf(policy.Arn),
                [text.about]: policy.Description,
                [text.created]: <Moment at={policy.CreateDate} />,
                [text.updated]: <Moment at={policy.UpdateDate} />,
                [text.version]: policy.DefaultVersionId,
              }}
            />
            <Tabs label={name} tabs={tabsOf(document)} />
          </SpaceBetween>
        )}
      </Show>
      {leaving && (
        <Confirm title={text.deleteTitle(name)} typed={name} work={() => deletePolicy(arn)} done={deleted} close={() => setLeaving(false)}>
          {text.deleteWhat}
        </Confirm>
      )}
    </ContentLayout>
  );
}

function Editing({ arn, document, isOwn, saved }: { arn: string; document: string; isOwn: boolean; saved: () => void }) {
  const [value, setValue] = useState(document);
  const doing = useDoing();
  const tell = useTell();
  const save = async () => {
    if (!(await doing.run(() => saveVersion(arn, value)))) return;
    tell("success", text.saved);
    saved();
  };
  return (
    <Container>
      <SpaceBetween size="m">
        <Refused error={doing.error} />
        <PolicyEditor value={value} {...(isOwn && { change: setValue })} />
        <Changes before={document} after={value} />
        {isOwn && (
          <Actions>
            <Button disabled={value === document} onClick={() => setValue(document)}>
              {text.reset}
            </Button>
            <TestChange disabled={value === document} changes={() => versionChange(arn, value)} />
            <ActionButton needs="iam:CreatePolicyVersion" variant="primary" loading={doing.busy} disabled={value === document} onClick={() => void save()}>
              {text.save}
            </ActionButton>
          </Actions>
        )}
      </SpaceBetween>
    </Container>
  );
}

function Entities({ arn }: { arn: string }) {
  const entities = useLoad(() => usersOf(arn), [arn]);
  return (
    <List
      title={text.entities}
      variant="container"
      from={entities}
      trackBy="name"
      empty={text.noEntities}
      columns={[
        {
          id: "name",
          header: text.entity,
          cell: ({ kind, name }) => <PageLink to={`/${kind}${path`/${name}`}`}>{name}</PageLink>,
          sortingField: "name",
          isRowHeader: true,
        },
        { id: "kind", header: text.type, cell: ({ kind }) => strings[kind].title, sortingField: "kind" },
      ]}
    />
  );
}
