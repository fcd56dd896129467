/** The instance profiles of the account. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";

import { call, everything, type Reply } from "../api";
import { useLoad } from "../load";
import { path, PageLink } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { Dialog } from "../parts/dialog";
import { Actions, List } from "../parts/list";
import { Ago } from "../parts/time";
import { strings } from "../strings";

const text = strings.instanceProfiles;
type Profile = NonNullable<Reply<"iam", "ListInstanceProfiles">["InstanceProfiles"]>[number];
type Open = { what: "create" } | { what: "role" | "delete"; profile: Profile };

export default function InstanceProfiles() {
  usePage([text.title, "/instance-profiles"]);
  const profiles = useLoad(() => everything("ListInstanceProfiles", {}, "InstanceProfiles"), []);
  const [open, setOpen] = useState<Open>();
  const tell = useTell();
  const close = () => setOpen(undefined);
  const done = (said: string) => {
    close();
    profiles.reload();
    tell("success", said);
  };
  return (
    <>
      <List
        title={text.title}
        description={text.description}
        from={profiles}
        trackBy="InstanceProfileName"
        selection="single"
        empty={text.empty}
        columns={[
          { id: "name", header: text.name, cell: (each) => each.InstanceProfileName, sortingField: "InstanceProfileName", isRowHeader: true },
          { id: "role", header: text.role, cell: (each) => <RoleLink name={roleOf(each)} /> },
          { id: "created", header: text.created, cell: (each) => <Ago at={each.CreateDate} />, sortingField: "CreateDate" },
        ]}
        actions={([profile]) => (
          <Actions>
            <ActionButton needs="iam:DeleteInstanceProfile" disabled={!profile} onClick={() => profile && setOpen({ what: "delete", profile })}>
              {text.delete}
            </ActionButton>
            <ActionButton needs="iam:AddRoleToInstanceProfile" disabled={!profile} onClick={() => profile && setOpen({ what: "role", profile })}>
              {text.changeRole}
            </ActionButton>
            <ActionButton needs="iam:CreateInstanceProfile" variant="primary" onClick={() => setOpen({ what: "create" })}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {open?.what === "create" && <Create done={(name) => done(text.made(name))} close={close} />}
      {open?.what === "role" && <ChangeRole profile={open.profile} done={() => done(text.changed)} close={close} />}
      {open?.what === "delete" && (
        <Confirm
          title={text.deleteTitle(open.profile.InstanceProfileName ?? "")}
          typed={open.profile.InstanceProfileName ?? ""}
          work={async () => {
            await setRole(open.profile, undefined);
            await call("iam", "DeleteInstanceProfile", { InstanceProfileName: open.profile.InstanceProfileName });
          }}
          done={() => done(text.deleted(open.profile.InstanceProfileName ?? ""))}
          close={close}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </>
  );
}

function roleOf(profile: Profile): string | undefined {
  return profile.Roles?.[0]?.RoleName;
}

/** A profile holds one role at most. */
async function setRole(profile: Profile, RoleName: string | undefined): Promise<void> {
  const { InstanceProfileName } = profile;
  const present = roleOf(profile);
  if (present === RoleName) return;
  if (present) await call("iam", "RemoveRoleFromInstanceProfile", { InstanceProfileName, RoleName: present });
  if (RoleName) await call("iam", "AddRoleToInstanceProfile", { InstanceProfileName, RoleName });
}

/** The actions that `setRole` takes. */
function neededFor(present: string | undefined, wanted: string): string[] {
  if ((present ?? "") === wanted) return [];
  return [...(present ? ["iam:RemoveRoleFromInstanceProfile"] : []), ...(wanted ? ["iam:AddRoleToInstanceProfile", "iam:PassRole"] : [])];
}

function RoleLink({ name }: { name: string | undefined }) {
  return name ? <PageLink to={path`/roles/${name}`}>{name}</PageLink> : <>{text.noRole}</>;
}

function Create({ done, close }: { done: (name: string) => void; close: () => void }) {
  const [name, setName] = useState("");
  const [role, setRoleName] = useState("");
  const create = async () => {
    const { InstanceProfile } = await call("iam", "CreateInstanceProfile", { InstanceProfileName: name });
    if (InstanceProfile) await setRole(InstanceProfile, role || undefined);
  };
  return (
    <Dialog title={text.create} action={text.save} needs={["iam:CreateInstanceProfile", ...neededFor(undefined, role)]} ready={name !== ""} work={create} done={() => done(name)} close={close}>
      <FormField label={text.name} constraintText={text.nameHint}>
        <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <RoleField role={role} choose={setRoleName} />
    </Dialog>
  );
}

function ChangeRole({ profile, done, close }: { profile: Profile; done: () => void; close: () => void }) {
  const [role, setRoleName] = useState(roleOf(profile) ?? "");
  return (
    <Dialog title={text.changeRole} action={text.change} needs={neededFor(roleOf(profile), role)} work={() => setRole(profile, role || undefined)} done={done} close={close}>
      <RoleField role={role} choose={setRoleName} />
    </Dialog>
  );
}

function RoleField({ role, choose }: { role: string; choose: (name: string) => void }) {
  const roles = useLoad(() => everything("ListRoles", {}, "Roles"), []);
  const options = [{ label: text.noRole, value: "" }, ...(roles.value ?? []).map(({ RoleName = "" }) => ({ label: RoleName, value: RoleName }))];
  return (
    <FormField label={text.role} errorText={roles.error?.message}>
      <Select
        options={options}
        selectedOption={options.find((each) => each.value === role) ?? null}
        statusType={roles.loading ? "loading" : "finished"}
        filteringType="auto"
        placeholder={text.choose}
        onChange={({ detail }) => choose(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
}
