/** The versions of a managed policy; another one can be made the default. */
import Badge from "@cloudscape-design/components/badge";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call, everything } from "../api";
import { useDoing, useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { readable } from "../work/identities";
import { ActionButton } from "./action-button";
import { Differences } from "./changes";
import { Actions, List } from "./list";
import { PolicyEditor } from "./policy-editor";
import { Refused, Show } from "./states";
import { TestChange } from "./test-change";
import { Ago } from "./time";

const text = strings.policies;
const texts = strings.changes;

export function Versions({ arn, isOwn, changed }: { arn: string; isOwn: boolean; changed: () => void }) {
  const PolicyArn = arn;
  const versions = useLoad(() => everything("ListPolicyVersions", { PolicyArn }, "Versions"), [arn]);
  const [chosen, setChosen] = useState<string>();
  const doing = useDoing();
  const tell = useTell();
  const run = async (work: () => Promise<unknown>, said: string) => {
    if (!(await doing.run(work))) return;
    tell("success", said);
    setChosen(undefined);
    versions.reload();
    changed();
  };
  return (
    <SpaceBetween size="m">
      <Refused error={doing.error} />
      <List
        title={text.versions}
        variant="container"
        from={versions}
        trackBy="VersionId"
        selection="single"
        empty={text.noVersions}
        onSelect={([version]) => setChosen(version?.VersionId)}
        columns={[
          {
            id: "id",
            header: text.version,
            cell: (version) => (
              <>
                {version.VersionId} {version.IsDefaultVersion && <Badge color="green">{text.default}</Badge>}
              </>
            ),
            isRowHeader: true,
          },
          { id: "created", header: text.created, cell: (version) => <Ago at={version.CreateDate} /> },
        ]}
        actions={([version]) =>
          isOwn && (
            <Actions>
              <ActionButton needs="iam:DeletePolicyVersion"
                disabled={version === undefined || version.IsDefaultVersion === true}
                onClick={() =>
                  void run(() => call("iam", "DeletePolicyVersion", { PolicyArn, VersionId: version?.VersionId }), text.versionDeleted)
                }
              >
                {strings.confirm.delete}
              </ActionButton>
              <TestChange
                disabled={version === undefined || version.IsDefaultVersion === true}
                changes={() => [{ "iam:SetDefaultPolicyVersion": { PolicyArn, VersionId: version?.VersionId } }]}
              />
              <ActionButton needs="iam:SetDefaultPolicyVersion"
                disabled={version === undefined || version.IsDefaultVersion === true}
                onClick={() =>
                  void run(() => call("iam", "SetDefaultPolicyVersion", { PolicyArn, VersionId: version?.VersionId }), text.madeDefault)
                }
              >
                {text.makeDefault}
              </ActionButton>
            </Actions>
          )
        }
      />
      {chosen && <Version key={chosen} arn={arn} id={chosen} all={versions.value ?? []} />}
    </SpaceBetween>
  );
}

interface VersionProps {
  arn: string;
  id: string;
  all: { VersionId?: string | undefined; IsDefaultVersion?: boolean | undefined }[];
}

/** The document of a version, and what differs from another one: from the default, at first. */
function Version({ arn, id, all }: VersionProps) {
  const [other, setOther] = useState(all.find((each) => each.IsDefaultVersion)?.VersionId ?? id);
  const load = async (VersionId: string) => {
    const reply = await call("iam", "GetPolicyVersion", { PolicyArn: arn, VersionId });
    return readable(reply.PolicyVersion?.Document);
  };
  const versions = useLoad(() => Promise.all([load(other), load(id)]), [arn, id, other]);
  const options = all.map(({ VersionId = "" }) => ({ value: VersionId }));
  return (
    <Container header={<Header variant="h2">{id}</Header>}>
      <SpaceBetween size="m">
        <FormField label={texts.compare}>
          <Select options={options} selectedOption={{ value: other }} onChange={({ detail }) => setOther(detail.selectedOption.value ?? id)} />
        </FormField>
        <Show from={versions}>
          {([before, after]) => (
            <SpaceBetween size="m">
              <Differences before={before} after={after} />
              <PolicyEditor value={after} label={id} />
            </SpaceBetween>
          )}
        </Show>
      </SpaceBetween>
    </Container>
  );
}
