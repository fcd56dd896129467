/** The users of the account. */
import { useState } from "react";
import { useNavigate } from "react-router";

import { everything, type Reply } from "../api";
import { useLoad } from "../load";
import { path, PageLink } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { Actions, List } from "../parts/list";
import { Ago } from "../parts/time";
import { strings } from "../strings";
import { deleteUser } from "../work/users";

const text = strings.users;
type User = NonNullable<Reply<"iam", "ListUsers">["Users"]>[number];

export default function Users() {
  usePage([text.title, "/users"]);
  const users = useLoad(() => everything("ListUsers", {}, "Users"), []);
  const [leaving, setLeaving] = useState<User>();
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = (name: string) => {
    setLeaving(undefined);
    users.reload();
    tell("success", text.deleted(name));
  };
  return (
    <>
      <List
        title={text.title}
        description={text.description}
        from={users}
        trackBy="UserName"
        selection="single"
        empty={text.empty}
        columns={[
          {
            id: "name",
            header: text.name,
            cell: (user) => <PageLink to={path`/users/${user.UserName ?? ""}`}>{user.UserName}</PageLink>,
            sortingField: "UserName",
            isRowHeader: true,
          },
          { id: "path", header: text.path, cell: (user) => user.Path, sortingField: "Path" },
          { id: "used", header: text.lastUsed, cell: (user) => <Ago at={user.PasswordLastUsed} />, sortingField: "PasswordLastUsed" },
          { id: "created", header: text.created, cell: (user) => <Ago at={user.CreateDate} />, sortingField: "CreateDate" },
        ]}
        actions={([selected]) => (
          <Actions>
            <ActionButton needs="iam:DeleteUser" disabled={selected === undefined} onClick={() => setLeaving(selected)}>
              {text.delete}
            </ActionButton>
            <ActionButton needs="iam:CreateUser" variant="primary" onClick={() => void navigate("/users/create")}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {leaving?.UserName && (
        <Confirm
          title={text.deleteTitle(leaving.UserName)}
          typed={leaving.UserName}
          work={() => deleteUser(leaving.UserName ?? "")}
          done={() => deleted(leaving.UserName ?? "")}
          close={() => setLeaving(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </>
  );
}
