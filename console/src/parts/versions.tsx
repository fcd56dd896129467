/** The versions of a managed policy; another one can be made the default. */
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call, everything } from "../api";
import { useDoing, useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { readable } from "../work/identities";
import { Actions, List } from "./list";
import { PolicyEditor } from "./policy-editor";
import { Refused, Show } from "./states";
import { Ago } from "./time";

const text = strings.policies;

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
              <Button
                disabled={version === undefined || version.IsDefaultVersion === true}
                onClick={() =>
                  void run(() => call("iam", "DeletePolicyVersion", { PolicyArn, VersionId: version?.VersionId }), text.versionDeleted)
                }
              >
                {strings.confirm.delete}
              </Button>
              <Button
                disabled={version === undefined || version.IsDefaultVersion === true}
                onClick={() =>
                  void run(() => call("iam", "SetDefaultPolicyVersion", { PolicyArn, VersionId: version?.VersionId }), text.madeDefault)
                }
              >
                {text.makeDefault}
              </Button>
            </Actions>
          )
        }
      />
      {chosen && <Version key={chosen} arn={arn} id={chosen} />}
    </SpaceBetween>
  );
}

function Version({ arn, id }: { arn: string; id: string }) {
  const version = useLoad(async () => {
    const reply = await call("iam", "GetPolicyVersion", { PolicyArn: arn, VersionId: id });
    return readable(reply.PolicyVersion?.Document);
  }, [arn, id]);
  return <Show from={version}>{(document) => <PolicyEditor value={document} label={id} />}</Show>;
}
