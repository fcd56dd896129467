/** Who belongs to what, seen from either side: the users of a group, or the groups of a user. */
import { type ReactNode, useState } from "react";

import { useLoad } from "../load";
import { PageLink } from "../links";
import { useTell } from "../page";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { Dialog } from "./dialog";
import { Actions, List } from "./list";
import { Ago } from "./time";

/** What is on the other side. */
export interface Named {
  name: string;
  created: number | undefined;
}

interface Props {
  /** Whose table it is. */
  of: string;
  text: {
    title: string;
    empty: string;
    add: string;
    addSelected: string;
    added: (count: number) => string;
    remove: string;
    removeTitle: (name: string) => string;
    removed: (count: number) => string;
  };
  columns: { name: string; created: string };
  load: () => Promise<Named[]>;
  page: (name: string) => string;
  join: (name: string) => Promise<unknown>;
  leave: (name: string) => Promise<unknown>;
  /** How more are chosen, besides those that belong already. */
  choose: (already: string[], chosen: string[], set: (names: string[]) => void) => ReactNode;
  size?: "medium" | "large";
}

export function Membership({ of, text, columns, load, page, join, leave, choose, size = "medium" }: Props) {
  const present = useLoad(load, [of]);
  const [chosen, setChosen] = useState<string[]>();
  const [leaving, setLeaving] = useState<string[]>([]);
  const tell = useTell();
  const done = (said: string) => {
    setChosen(undefined);
    setLeaving([]);
    present.reload();
    tell("success", said);
  };
  return (
    <>
      <List
        title={text.title}
        variant="container"
        from={present}
        trackBy="name"
        selection="multi"
        empty={text.empty}
        columns={[
          { id: "name", header: columns.name, cell: ({ name }) => <PageLink to={page(name)}>{name}</PageLink>, sortingField: "name", isRowHeader: true },
          { id: "created", header: columns.created, cell: ({ created }) => <Ago at={created} />, sortingField: "created" },
        ]}
        actions={(selected) => (
          <Actions>
            <ActionButton needs="iam:RemoveUserFromGroup" disabled={selected.length === 0} onClick={() => setLeaving(selected.map(({ name }) => name))}>
              {text.remove}
            </ActionButton>
            <ActionButton needs="iam:AddUserToGroup" variant="primary" onClick={() => setChosen([])}>
              {text.add}
            </ActionButton>
          </Actions>
        )}
      />
      {chosen && (
        <Dialog
          title={text.add}
          action={text.addSelected}
          size={size}
          ready={chosen.length > 0}
          work={() => oneByOne(chosen, join)}
          done={() => done(text.added(chosen.length))}
          close={() => setChosen(undefined)}
        >
          {choose((present.value ?? []).map(({ name }) => name), chosen, setChosen)}
        </Dialog>
      )}
      {leaving.length > 0 && (
        <Confirm
          title={text.removeTitle(of)}
          action={text.remove}
          work={() => oneByOne(leaving, leave)}
          done={() => done(text.removed(leaving.length))}
          close={() => setLeaving([])}
        >
          {leaving.join(", ")}
        </Confirm>
      )}
    </>
  );
}

async function oneByOne(names: string[], work: (name: string) => Promise<unknown>): Promise<void> {
  for (const name of names) await work(name);
}
