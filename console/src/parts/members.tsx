/** The users of a group. */
import { call, everything } from "../api";
import { useLoad } from "../load";
import { path } from "../links";
import { strings } from "../strings";
import { List } from "./list";
import { Membership } from "./membership";
import { Ago } from "./time";

export function Members({ group }: { group: string }) {
  const GroupName = group;
  return (
    <Membership
      of={group}
      text={strings.members}
      columns={strings.users}
      load={async () => (await everything("GetGroup", { GroupName }, "Users")).map(named)}
      page={(name) => path`/users/${name}`}
      join={(UserName) => call("iam", "AddUserToGroup", { GroupName, UserName })}
      leave={(UserName) => call("iam", "RemoveUserFromGroup", { GroupName, UserName })}
      choose={(already, _, set) => <UserPicker without={already} choose={set} />}
      size="large"
    />
  );
}

function named(user: { UserName?: string | undefined; CreateDate?: number | undefined }) {
  return { name: user.UserName ?? "", created: user.CreateDate };
}

function UserPicker({ without, choose }: { without: string[]; choose: (names: string[]) => void }) {
  const others = useLoad(async () => {
    const all = await everything("ListUsers", {}, "Users");
    return all.map(named).filter(({ name }) => !without.includes(name));
  }, []);
  return (
    <List
      title={strings.users.title}
      variant="borderless"
      from={others}
      trackBy="name"
      selection="multi"
      pageSize={10}
      empty={strings.users.empty}
      onSelect={(selected) => choose(selected.map(({ name }) => name))}
      columns={[
        { id: "name", header: strings.users.name, cell: ({ name }) => name, sortingField: "name", isRowHeader: true },
        { id: "created", header: strings.users.created, cell: ({ created }) => <Ago at={created} /> },
      ]}
    />
  );
}
