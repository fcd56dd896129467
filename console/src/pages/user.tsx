/** One user. */
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { call, everything } from "../api";
import { useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Boundary } from "../parts/boundary";
import { Confirm } from "../parts/confirm";
import { Credentials } from "../parts/credentials";
import { Copied, Facts } from "../parts/facts";
import { Actions } from "../parts/list";
import { Memberships } from "../parts/memberships";
import { LastAccessed } from "../parts/last-accessed";
import { Permissions } from "../parts/permissions";
import { PrincipalLinks } from "../parts/principal-links";
import { Show } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { Tags } from "../parts/tags";
import { Ago, Moment } from "../parts/time";
import { strings } from "../strings";
import { deleteUser, keysLastUsed } from "../work/users";

const text = strings.user;

export default function UserPage() {
  const { name = "" } = useParams();
  usePage([strings.users.title, "/users"], [name, path`/users/${name}`]);
  const user = useLoad(async () => (await call("iam", "GetUser", { UserName: name })).User, [name]);
  const tags = useLoad(() => everything("ListUserTags", { UserName: name }, "Tags"), [name]);
  const keysUsed = useLoad(() => keysLastUsed(name), [name]);
  const [leaving, setLeaving] = useState(false);
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = () => {
    tell("success", strings.users.deleted(name));
    void navigate("/users");
  };
  const present = user.value?.PermissionsBoundary?.PermissionsBoundaryArn;
  const permissions = (
    <SpaceBetween size="l">
      <Permissions kind="user" name={name} />
      <Boundary kind="user" name={name} present={present} changed={user.reload} />
    </SpaceBetween>
  );
  const tabs = [
    { id: "permissions", label: strings.permissions.title, content: permissions },
    { id: "groups", label: strings.memberships.title, content: <Memberships user={name} /> },
    {
      id: "tags",
      label: strings.tags.title,
      content: (
        <Tags
          from={tags}
          needs="iam:TagUser"
          set={(Tags) => call("iam", "TagUser", { UserName: name, Tags })}
          remove={(TagKeys) => call("iam", "UntagUser", { UserName: name, TagKeys })}
        />
      ),
    },
    { id: "credentials", label: strings.credentials.title, content: <Credentials user={name} /> },
    { id: "access", label: strings.lastAccessed.title, content: user.value?.Arn && <LastAccessed arn={user.value.Arn} /> },
  ];
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <Actions>
              {user.value?.Arn && <PrincipalLinks arn={user.value.Arn} />}
              <ActionButton needs="iam:DeleteUser" onClick={() => setLeaving(true)}>{strings.users.delete}</ActionButton>
            </Actions>
          }
        >
          {name}
        </Header>
      }
    >
      <Show from={user}>
        {(found) => (
          <SpaceBetween size="l">
            <Facts
              facts={{
                [text.arn]: <Copied text={found?.Arn} />,
                [text.id]: <Copied text={found?.UserId} />,
                [text.created]: <Moment at={found?.CreateDate} />,
                [text.lastSignIn]: <Ago at={found?.PasswordLastUsed} />,
                [text.keysLastUsed]: keysUsed.loading || keysUsed.error ? "–" : <Ago at={keysUsed.value} />,
                [text.path]: found?.Path,
              }}
            />
            <Tabs tabs={tabs} label={name} />
          </SpaceBetween>
        )}
      </Show>
      {leaving && (
        <Confirm title={strings.users.deleteTitle(name)} typed={name} work={() => deleteUser(name)} done={deleted} close={() => setLeaving(false)}>
          {strings.users.deleteWhat}
        </Confirm>
      )}
    </ContentLayout>
  );
}
