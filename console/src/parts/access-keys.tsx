/** A user's access keys; of the person who is signed in, when no user is named. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { call, everything, type Reply } from "../api";
import { useDoing, useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { Actions, List } from "./list";
import { Secrets } from "./secret";
import { Refused } from "./states";
import { Ago } from "./time";

const text = strings.accessKeys;
type NewKey = NonNullable<Reply<"iam", "CreateAccessKey">["AccessKey"]>;

export function AccessKeys({ user }: { user?: string }) {
  const UserName = user;
  const load = async () => {
    const found = await everything("ListAccessKeys", { UserName }, "AccessKeyMetadata");
    const used = await Promise.all(found.map(({ AccessKeyId }) => call("iam", "GetAccessKeyLastUsed", { AccessKeyId })));
    return found.map((key, at) => ({ ...key, used: used[at]?.AccessKeyLastUsed }));
  };
  const keys = useLoad(load, [user]);
  const [made, setMade] = useState<NewKey>();
  const [leaving, setLeaving] = useState<string>();
  const doing = useDoing();
  const tell = useTell();
  const create = () =>
    doing.run(async () => {
      setMade((await call("iam", "CreateAccessKey", { UserName })).AccessKey);
      keys.reload();
    });
  const turn = (AccessKeyId: string | undefined, Status: "Active" | "Inactive") =>
    doing.run(async () => {
      await call("iam", "UpdateAccessKey", { UserName, AccessKeyId, Status });
      keys.reload();
    });
  const deleted = () => {
    setLeaving(undefined);
    keys.reload();
    tell("success", text.deleted);
  };
  return (
    <>
      <Refused error={doing.error} />
      <List
        title={text.title}
        variant="container"
        from={keys}
        trackBy="AccessKeyId"
        selection="single"
        empty={text.empty}
        columns={[
          { id: "id", header: text.id, cell: (key) => key.AccessKeyId, isRowHeader: true },
          {
            id: "status",
            header: text.status,
            cell: (key) => (
              <StatusIndicator type={key.Status === "Active" ? "success" : "stopped"}>{key.Status}</StatusIndicator>
            ),
          },
          { id: "created", header: text.created, cell: (key) => <Ago at={key.CreateDate} /> },
          { id: "used", header: text.used, cell: (key) => <Ago at={key.used?.LastUsedDate} /> },
          { id: "service", header: text.service, cell: (key) => key.used?.ServiceName },
        ]}
        actions={([key]) => (
          <Actions>
            <ActionButton needs="iam:DeleteAccessKey" disabled={key?.Status !== "Inactive"} onClick={() => setLeaving(key?.AccessKeyId)}>
              {strings.confirm.delete}
            </ActionButton>
            <ActionButton needs="iam:UpdateAccessKey" disabled={key === undefined} onClick={() => void turn(key?.AccessKeyId, key?.Status === "Active" ? "Inactive" : "Active")}>
              {key?.Status === "Inactive" ? text.activate : text.deactivate}
            </ActionButton>
            <ActionButton needs="iam:CreateAccessKey" variant="primary" loading={doing.busy} onClick={() => void create()}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {made && (
        <Modal
          visible
          header={text.made}
          closeAriaLabel={strings.confirm.close}
          onDismiss={() => setMade(undefined)}
          footer={
            <Box float="right">
              <Button variant="primary" onClick={() => setMade(undefined)}>
                {strings.confirm.done}
              </Button>
            </Box>
          }
        >
          <Secrets
            values={{ [text.id]: made.AccessKeyId ?? "", [text.secret]: made.SecretAccessKey ?? "" }}
            hidden={[text.secret]}
            file={`${user ?? "my"}_accessKeys.csv`}
          />
        </Modal>
      )}
      {leaving && (
        <Confirm
          title={text.deleteTitle(leaving)}
          typed={leaving}
          work={() => call("iam", "DeleteAccessKey", { UserName, AccessKeyId: leaving })}
          done={deleted}
          close={() => setLeaving(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </>
  );
}
