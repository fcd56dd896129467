/** The user groups of the account. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";
import { useNavigate } from "react-router";

import { call, everything } from "../api";
import { useLoad } from "../load";
import { PageLink, path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { Dialog } from "../parts/dialog";
import { Actions, List } from "../parts/list";
import { Ago } from "../parts/time";
import { strings } from "../strings";
import { deleteGroup } from "../work/groups";

const text = strings.groups;

export default function Groups() {
  usePage([text.title, "/groups"]);
  const groups = useLoad(() => everything("ListGroups", {}, "Groups"), []);
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<string>();
  const tell = useTell();
  const deleted = (name: string) => {
    setLeaving(undefined);
    groups.reload();
    tell("success", text.deleted(name));
  };
  return (
    <>
      <List
        title={text.title}
        description={text.description}
        from={groups}
        trackBy="GroupName"
        selection="single"
        empty={text.empty}
        columns={[
          {
            id: "name",
            header: text.name,
            cell: (group) => <PageLink to={path`/groups/${group.GroupName ?? ""}`}>{group.GroupName}</PageLink>,
            sortingField: "GroupName",
            isRowHeader: true,
          },
          { id: "path", header: text.path, cell: (group) => group.Path, sortingField: "Path" },
          { id: "created", header: text.created, cell: (group) => <Ago at={group.CreateDate} />, sortingField: "CreateDate" },
        ]}
        actions={([selected]) => (
          <Actions>
            <ActionButton needs="iam:DeleteGroup" disabled={selected === undefined} onClick={() => setLeaving(selected?.GroupName)}>
              {strings.confirm.delete}
            </ActionButton>
            <ActionButton needs="iam:CreateGroup" variant="primary" onClick={() => setMaking(true)}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {making && <Making close={() => setMaking(false)} />}
      {leaving && (
        <Confirm
          title={text.deleteTitle(leaving)}
          typed={leaving}
          work={() => deleteGroup(leaving)}
          done={() => deleted(leaving)}
          close={() => setLeaving(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </>
  );
}

function Making({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const navigate = useNavigate();
  return (
    <Dialog
      title={text.create}
      action={text.create}
      ready={name !== ""}
      work={() => call("iam", "CreateGroup", { GroupName: name })}
      done={() => void navigate(path`/groups/${name}`)}
      close={close}
    >
      <FormField label={text.name} constraintText={text.nameHint}>
        <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
    </Dialog>
  );
}
