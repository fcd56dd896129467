/** Chooses managed policies out of all. */
import { useState } from "react";

import { everything, type Reply } from "../api";
import { useLoad } from "../load";
import { strings } from "../strings";
import type { Change } from "../work/replay";
import { Dialog } from "./dialog";
import { List } from "./list";
import { typeOf } from "./permissions";
import { TestChange } from "./test-change";

const text = strings.permissions;
export type Policy = NonNullable<Reply<"iam", "ListPolicies">["Policies"]>[number];

/** All managed policies, to be selected; without those that are there already. */
export function PolicyPicker({ already, choose, variant }: {
  already?: Set<string | undefined>;
  choose: (selected: Policy[]) => void;
  variant: "borderless" | "container";
}) {
  const policies = useLoad(async () => {
    const all = await everything("ListPolicies", {}, "Policies");
    return all.filter((each) => !already?.has(each.Arn));
  }, []);
  return (
    <List
      title={text.choose}
      variant={variant}
      from={policies}
      trackBy="Arn"
      labelBy="PolicyName"
      selection="multi"
      pageSize={10}
      empty={text.noPolicies}
      onSelect={choose}
      columns={[
        { id: "name", header: text.policy, cell: (policy) => policy.PolicyName, sortingField: "PolicyName", isRowHeader: true },
        { id: "type", header: text.type, cell: (policy) => typeOf(policy.Arn) },
      ]}
    />
  );
}

interface Props {
  already: Set<string | undefined>;
  attach: (arn: string) => Promise<unknown>;
  /** What attaching those would change. */
  test: (arns: string[]) => Change[];
  done: (count: number) => void;
  close: () => void;
}

export function AttachPolicies({ already, attach, test, done, close }: Props) {
  const [selected, setSelected] = useState<Policy[]>([]);
  const work = async () => {
    for (const policy of selected) await attach(policy.Arn ?? "");
  };
  return (
    <Dialog
      title={text.attach}
      action={text.attachSelected(selected.length)}
      size="large"
      ready={selected.length > 0}
      work={work}
      done={() => done(selected.length)}
      close={close}
    >
      <PolicyPicker already={already} choose={setSelected} variant="borderless" />
      <TestChange disabled={selected.length === 0} changes={() => test(selected.map((policy) => policy.Arn ?? ""))} />
    </Dialog>
  );
}
