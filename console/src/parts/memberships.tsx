/** The groups of a user. */
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { call, everything } from "../api";
import { useLoad } from "../load";
import { path } from "../links";
import { strings } from "../strings";
import { Membership } from "./membership";
import { Refused } from "./states";

const text = strings.memberships;

export function Memberships({ user }: { user: string }) {
  const UserName = user;
  const load = async () => {
    const groups = await everything("ListGroupsForUser", { UserName }, "Groups");
    return groups.map((group) => ({ name: group.GroupName ?? "", created: group.CreateDate }));
  };
  return (
    <Membership
      of={user}
      text={text}
      columns={text}
      load={load}
      page={(name) => path`/groups/${name}`}
      join={(GroupName) => call("iam", "AddUserToGroup", { UserName, GroupName })}
      leave={(GroupName) => call("iam", "RemoveUserFromGroup", { UserName, GroupName })}
      choose={(already, chosen, set) => <GroupPicker chosen={chosen} choose={set} without={already} />}
    />
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
