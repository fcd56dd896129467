/** The groups of a user. */
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call, everything } from "../api";
import { useLoad } from "../load";
import { PageLink, path } from "../links";
import { useTell } from "../page";
import { strings } from "../strings";
import { Confirm } from "./confirm";
import { Dialog } from "./dialog";
import { Actions, List } from "./list";
import { Refused } from "./states";
import { Ago } from "./time";

const text = strings.memberships;

export function Memberships({ user }: { user: string }) {
  const groups = useLoad(() => everything("ListGroupsForUser", { UserName: user }, "Groups"), [user]);
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<string[]>([]);
  const tell = useTell();
  const done = (said: string) => {
    setAdding(false);
    setLeaving([]);
    groups.reload();
    tell("success", said);
  };
  const leave = async () => {
    for (const GroupName of leaving) await call("iam", "RemoveUserFromGroup", { UserName: user, GroupName });
  };
  return (
    <>
      <List
        title={text.title}
        variant="container"
        from={groups}
        trackBy="GroupName"
        selection="multi"
        empty={text.empty}
        columns={[
          {
            id: "name",
            header: text.name,
            cell: (group) => <PageLink to={path`/groups/${group.GroupName ?? ""}`}>{group.GroupName}</PageLink>,
            sortingField: "GroupName",
            isRowHeader: true,
          },
          { id: "created", header: text.created, cell: (group) => <Ago at={group.CreateDate} />, sortingField: "CreateDate" },
        ]}
        actions={(selected) => (
          <Actions>
            <Button disabled={selected.length === 0} onClick={() => setLeaving(selected.map((group) => group.GroupName ?? ""))}>
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
          user={user}
          already={(groups.value ?? []).map((group) => group.GroupName ?? "")}
          done={(count) => done(text.added(count))}
          close={() => setAdding(false)}
        />
      )}
      {leaving.length > 0 && (
        <Confirm title={text.removeTitle(user)} action={text.remove} work={leave} done={() => done(text.removed(leaving.length))} close={() => setLeaving([])}>
          {leaving.join(", ")}
        </Confirm>
      )}
    </>
  );
}

interface Props {
  user: string;
  already: string[];
  done: (count: number) => void;
  close: () => void;
}

function Adding({ user, already, done, close }: Props) {
  const [chosen, setChosen] = useState<string[]>([]);
  const work = async () => {
    for (const GroupName of chosen) await call("iam", "AddUserToGroup", { UserName: user, GroupName });
  };
  return (
    <Dialog title={text.add} action={text.addSelected} ready={chosen.length > 0} work={work} done={() => done(chosen.length)} close={close}>
      <GroupPicker chosen={chosen} choose={setChosen} without={already} />
    </Dialog>
  );
}

/** Chooses groups of the account. */
export function GroupPicker({ chosen, choose, without = [] }: { chosen: string[]; choose: (names: string[]) => void; without?: string[] }) {
  const groups = useLoad(async () => {
    const all = await everything("ListGroups", {}, "Groups");
    return all.map((group) => group.GroupName ?? "").filter((name) => !without.includes(name));
  }, []);
  const option = (name: string) => ({ label: name, value: name });
  return (
    <SpaceBetween size="s">
      <Refused error={groups.error} />
      <FormField label={text.groups}>
        <Multiselect
          options={(groups.value ?? []).map(option)}
          selectedOptions={chosen.map(option)}
          statusType={groups.loading ? "loading" : "finished"}
          placeholder={text.choose}
          empty={text.noGroups}
          filteringType="auto"
          onChange={({ detail }) => choose(detail.selectedOptions.map((each) => each.value ?? ""))}
          deselectAriaLabel={(each) => text.deselect(each.label ?? "")}
        />
      </FormField>
    </SpaceBetween>
  );
}
