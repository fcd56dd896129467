/** One group: its users and permissions. */
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { call } from "../api";
import { useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { Copied, Facts } from "../parts/facts";
import { LastAccessed } from "../parts/last-accessed";
import { Members } from "../parts/members";
import { Permissions } from "../parts/permissions";
import { Show } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { Moment } from "../parts/time";
import { strings } from "../strings";
import { deleteGroup } from "../work/groups";

const text = strings.groups;

export default function GroupPage() {
  const { name = "" } = useParams();
  usePage([text.title, "/groups"], [name, path`/groups/${name}`]);
  const group = useLoad(async () => (await call("iam", "GetGroup", { GroupName: name, MaxItems: 1 })).Group, [name]);
  const [leaving, setLeaving] = useState(false);
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = () => {
    tell("success", text.deleted(name));
    void navigate("/groups");
  };
  return (
    <ContentLayout
      header={
        <Header variant="h1" actions={<ActionButton needs="iam:DeleteGroup" onClick={() => setLeaving(true)}>{strings.confirm.delete}</ActionButton>}>
          {name}
        </Header>
      }
    >
      <Show from={group}>
        {(found) => (
          <SpaceBetween size="l">
            <Facts
              facts={{
                [strings.user.arn]: <Copied text={found?.Arn} />,
                [text.id]: <Copied text={found?.GroupId} />,
                [text.created]: <Moment at={found?.CreateDate} />,
              }}
            />
            <Tabs
              label={name}
              tabs={[
                { id: "users", label: strings.users.title, content: <Members group={name} /> },
                { id: "permissions", label: strings.permissions.title, content: <Permissions kind="group" name={name} /> },
                { id: "access", label: strings.lastAccessed.title, content: <LastAccessed arn={found?.Arn ?? ""} /> },
              ]}
            />
          </SpaceBetween>
        )}
      </Show>
      {leaving && (
        <Confirm title={text.deleteTitle(name)} typed={name} work={() => deleteGroup(name)} done={deleted} close={() => setLeaving(false)}>
          {text.deleteWhat}
        </Confirm>
      )}
    </ContentLayout>
  );
}
