/** The users of a group. */
import Button from "@cloudscape-design/components/button";
import { useState } from "react";

import { call, everything } from "../api";
import { useLoad } from "../load";
import { PageLink, path } from "../links";
import { useTell } from "../page";
import { strings } from "../strings";
import { Confirm } from "./confirm";
import { Dialog } from "./dialog";
import { Actions, List } from "./list";
import { Ago } from "./time";

const text = strings.members;

export function Members({ group }: { group: string }) {
  const GroupName = group;
  const users = useLoad(() => everything("GetGroup", { GroupName }, "Users"), [group]);
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<string[]>([]);
  const tell = useTell();
  const done = (said: string) => {
    setAdding(false);
    setLeaving([]);
    users.reload();
    tell("success", said);
  };
  const leave = async () => {
    for (const UserName of leaving) await call("iam", "RemoveUserFromGroup", { GroupName, UserName });
  };
  return (
    <>
      <List
        title={text.title}
        variant="container"
        from={users}
        trackBy="UserName"
        selection="multi"
        empty={text.empty}
        columns={[
          {
            id: "name",
            header: strings.users.name,
            cell: (user) => <PageLink to={path`/users/${user.UserName ?? ""}`}>{user.UserName}</PageLink>,
            sortingField: "UserName",
            isRowHeader: true,
          },
          { id: "created", header: strings.users.created, cell: (user) => <Ago at={user.CreateDate} />, sortingField: "CreateDate" },
        ]}
        actions={(selected) => (
          <Actions>
            <Button disabled={selected.length === 0} onClick={() => setLeaving(selected.map((user) => user.UserName ?? ""))}>
              {text.remove}
            </Button>
            <Button variant="primary" onClick={() => setAdding(true)}>
              {text.add}
            </Button>
          </Actions>
        )}
      />
      {adding && (
        <Adding
          group={group}
          already={new Set((users.value ?? []).map((user) => user.UserName))}
          done={(count) => done(text.added(count))}
          close={() => setAdding(false)}
        />
      )}
      {leaving.length > 0 && (
        <Confirm title={text.removeTitle(group)} action={text.remove} work={leave} done={() => done(text.removed(leaving.length))} close={() => setLeaving([])}>
          {leaving.join(", ")}
        </Confirm>
      )}
    </>
  );
}

interface Props {
  group: string;
  already: Set<string | undefined>;
  done: (count: number) => void;
  close: () => void;
}

function Adding({ group, already, done, close }: Props) {
  const others = useLoad(async () => {
    const all = await everything("ListUsers", {}, "Users");
    return all.filter((user) => !already.has(user.UserName));
  }, []);
  const [chosen, setChosen] = useState<string[]>([]);
  const work = async () => {
    for (const UserName of chosen) await call("iam", "AddUserToGroup", { GroupName: group, UserName });
  };
  return (
    <Dialog
      title={text.add}
      action={text.add}
      size="large"
      ready={chosen.length > 0}
      work={work}
      done={() => done(chosen.length)}
      close={close}
    >
      <List
        title={strings.users.title}
        variant="borderless"
        from={others}
        trackBy="UserName"
        selection="multi"
        pageSize={10}
        empty={strings.users.empty}
        onSelect={(selected) => setChosen(selected.map((user) => user.UserName ?? ""))}
        columns={[
          { id: "name", header: strings.users.name, cell: (user) => user.UserName, sortingField: "UserName", isRowHeader: true },
          { id: "created", header: strings.users.created, cell: (user) => <Ago at={user.CreateDate} /> },
        ]}
      />
    </Dialog>
  );
}
