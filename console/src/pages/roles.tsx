/** The roles of the account. */
import { useState } from "react";
import { useNavigate } from "react-router";

import { everything, type Reply } from "../api";
import { mapped, useLoad } from "../load";
import { path, PageLink } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { CreateLinkedRole } from "../parts/linked-role";
import { Actions, List } from "../parts/list";
import { Ago } from "../parts/time";
import { strings } from "../strings";
import { deleteRole, rolesLastUsed } from "../work/roles";
import { trustedBy } from "../work/trust";

const text = strings.roles;
type Role = NonNullable<Reply<"iam", "ListRoles">["Roles"]>[number];

export default function Roles() {
  usePage([text.title, "/roles"]);
  const roles = useLoad(async () => {
    const found = await everything("ListRoles", {}, "Roles");
    return found.map((role: Role) => ({ ...role, trusted: trustedBy(role.AssumeRolePolicyDocument).join(", ") }));
  }, []);
  const used = useLoad(rolesLastUsed, []);
  const [linking, setLinking] = useState(false);
  const [leaving, setLeaving] = useState<Role>();
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = (name: string) => {
    setLeaving(undefined);
    roles.reload();
    tell("success", text.deleted(name));
  };
  return (
    <>
      <List
        title={text.title}
        description={text.description}
        from={mapped(roles, (found) => found.map((role) => ({ ...role, used: used.value?.get(role.RoleName) })))}
        trackBy="RoleName"
        selection="single"
        empty={text.empty}
        columns={[
          {
            id: "name",
            header: text.name,
            cell: (role) => <PageLink to={path`/roles/${role.RoleName ?? ""}`}>{role.RoleName}</PageLink>,
            sortingField: "RoleName",
            isRowHeader: true,
          },
          { id: "trusted", header: text.trusted, cell: (role) => role.trusted, sortingField: "trusted" },
          {
            id: "used",
            header: strings.role.lastUsed,
            cell: (role) => (used.value === undefined || used.value === null ? "–" : <Ago at={role.used} />),
            sortingField: "used",
          },
          { id: "about", header: text.about, cell: (role) => role.Description, sortingField: "Description" },
          { id: "created", header: text.created, cell: (role) => <Ago at={role.CreateDate} />, sortingField: "CreateDate" },
        ]}
        actions={([selected]) => (
          <Actions>
            <ActionButton needs="iam:DeleteRole" disabled={selected === undefined} onClick={() => setLeaving(selected)}>
              {text.delete}
            </ActionButton>
            <ActionButton needs="iam:CreateServiceLinkedRole" onClick={() => setLinking(true)}>
              {text.createLinked}
            </ActionButton>
            <ActionButton needs="iam:CreateRole" variant="primary" onClick={() => void navigate("/roles/create")}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {linking && (
        <CreateLinkedRole
          done={(name) => {
            setLinking(false);
            roles.reload();
            tell("success", strings.roleCreate.made(name));
          }}
          close={() => setLinking(false)}
        />
      )}
      {leaving?.RoleName && (
        <Confirm
          title={text.deleteTitle(leaving.RoleName)}
          typed={leaving.RoleName}
          work={() => deleteRole(leaving.RoleName ?? "", leaving.Path)}
          done={() => deleted(leaving.RoleName ?? "")}
          close={() => setLeaving(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </>
  );
}
