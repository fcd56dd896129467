/** One role. */
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { call, everything, type Reply } from "../api";
import { type Loaded, useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Boundary } from "../parts/boundary";
import { Confirm } from "../parts/confirm";
import { Dialog } from "../parts/dialog";
import { Copied, Facts } from "../parts/facts";
import { LastAccessed } from "../parts/last-accessed";
import { Actions } from "../parts/list";
import { Permissions } from "../parts/permissions";
import { PrincipalLinks } from "../parts/principal-links";
import { RoleSessions } from "../parts/role-sessions";
import { Show } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { Tags } from "../parts/tags";
import { Ago, Moment } from "../parts/time";
import { Trust } from "../parts/trust";
import { strings } from "../strings";
import { deleteRole } from "../work/roles";

const text = strings.role;
type Role = NonNullable<Reply<"iam", "GetRole">["Role"]>;

export default function RolePage() {
  const { name = "" } = useParams();
  usePage([strings.roles.title, "/roles"], [name, path`/roles/${name}`]);
  const role = useLoad(async () => (await call("iam", "GetRole", { RoleName: name })).Role, [name]);
  const [open, setOpen] = useState<"edit" | "delete">();
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = () => {
    tell("success", strings.roles.deleted(name));
    void navigate("/roles");
  };
  const saved = () => {
    setOpen(undefined);
    role.reload();
    tell("success", text.saved);
  };
  const actions = (
    <Actions>
      {role.value?.Arn && <PrincipalLinks arn={role.value.Arn} />}
      <ActionButton needs="iam:UpdateRole" disabled={role.value === undefined} onClick={() => setOpen("edit")}>
        {text.edit}
      </ActionButton>
      <ActionButton needs="iam:DeleteRole" disabled={role.value === undefined} onClick={() => setOpen("delete")}>
        {strings.roles.delete}
      </ActionButton>
    </Actions>
  );
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={role.value?.Description} actions={actions}>
          {name}
        </Header>
      }
    >
      <Show from={role}>{(found) => found && <Body role={found} from={role} />}</Show>
      {open === "edit" && role.value && <Edit role={role.value} done={saved} close={() => setOpen(undefined)} />}
      {open === "delete" && (
        <Confirm
          title={strings.roles.deleteTitle(name)}
          typed={name}
          work={() => deleteRole(name, role.value?.Path)}
          done={deleted}
          close={() => setOpen(undefined)}
        >
          {strings.roles.deleteWhat}
        </Confirm>
      )}
    </ContentLayout>
  );
}

function Body({ role, from }: { role: Role; from: Loaded<unknown> }) {
  const RoleName = role.RoleName ?? "";
  const tags = useLoad(() => everything("ListRoleTags", { RoleName }, "Tags"), [RoleName]);
  const profiles = useLoad(() => everything("ListInstanceProfilesForRole", { RoleName }, "InstanceProfiles"), [RoleName]);
  const tagging = (
    <Tags
      from={tags}
      needs="iam:TagRole"
      set={(Tags) => call("iam", "TagRole", { RoleName, Tags })}
      remove={(TagKeys) => call("iam", "UntagRole", { RoleName, TagKeys })}
    />
  );
  const present = role.PermissionsBoundary?.PermissionsBoundaryArn;
  const permissions = (
    <SpaceBetween size="l">
      <Permissions kind="role" name={RoleName} />
      <Boundary kind="role" name={RoleName} present={present} changed={from.reload} />
    </SpaceBetween>
  );
  const tabs = [
    { id: "permissions", label: strings.permissions.title, content: permissions },
    { id: "trust", label: text.trust, content: <Trust key={role.AssumeRolePolicyDocument} role={RoleName} document={role.AssumeRolePolicyDocument} saved={from.reload} /> },
    { id: "tags", label: strings.tags.title, content: tagging },
    { id: "access", label: strings.lastAccessed.title, content: <LastAccessed arn={role.Arn ?? ""} /> },
    { id: "sessions", label: text.sessions, content: <RoleSessions role={RoleName} /> },
  ];
  return (
    <SpaceBetween size="l">
      <Facts
        facts={{
          [text.arn]: <Copied text={role.Arn} />,
          [text.id]: <Copied text={role.RoleId} />,
          [text.created]: <Moment at={role.CreateDate} />,
          [text.lastUsed]: <Ago at={role.RoleLastUsed?.LastUsedDate} />,
          [text.longest]: text.seconds(role.MaxSessionDuration ?? 0),
          [strings.user.path]: role.Path,
          [text.profiles]: profiles.value?.map((each) => each.InstanceProfileName).join(", ") || "–",
        }}
      />
      <Tabs tabs={tabs} label={RoleName} />
    </SpaceBetween>
  );
}

function Edit({ role, done, close }: { role: Role; done: () => void; close: () => void }) {
  const [about, setAbout] = useState(role.Description ?? "");
  const [longest, setLongest] = useState(String(role.MaxSessionDuration ?? ""));
  const save = () => call("iam", "UpdateRole", { RoleName: role.RoleName, Description: about, MaxSessionDuration: Number(longest) });
  return (
    <Dialog title={text.edit} action={text.save} ready={/^\d+$/.test(longest)} work={save} done={done} close={close}>
      <FormField label={strings.roles.about}>
        <Textarea value={about} onChange={({ detail }) => setAbout(detail.value)} />
      </FormField>
      <FormField label={text.longest} constraintText={text.longestHint}>
        <Input value={longest} inputMode="numeric" onChange={({ detail }) => setLongest(detail.value)} />
      </FormField>
    </Dialog>
  );
}
