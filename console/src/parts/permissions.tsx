/** The permissions of a user, group or role: attached and inline policies, and what is done with them. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate } from "react-router";

import { useLoad } from "../load";
import { PageLink, path } from "../links";
import { useTell } from "../page";
import { strings } from "../strings";
import { type IdentityKind, KINDS, POLICIES } from "../work/identities";
import { attachChange, removeChange } from "../work/replay";
import { ActionButton } from "./action-button";
import { AttachPolicies } from "./attach";
import { Confirm } from "./confirm";
import { Actions, List } from "./list";
import { TestChange } from "./test-change";

const text = strings.permissions;
interface Row {
  name: string;
  arn?: string;
}

export function Permissions({ kind, name }: { kind: IdentityKind; name: string }) {
  const policies = POLICIES[kind];
  const load = async (): Promise<Row[]> => {
    const [attached, inline] = await Promise.all([policies.attached(name), policies.inline(name)]);
    return [
      ...attached.map((each) => ({ name: each.PolicyName ?? "", ...(each.PolicyArn && { arn: each.PolicyArn }) })),
      ...inline.map((each) => ({ name: each })),
    ];
  };
  const rows = useLoad(load, [kind, name]);
  const [attaching, setAttaching] = useState(false);
  const [leaving, setLeaving] = useState<Row[]>([]);
  const navigate = useNavigate();
  const tell = useTell();
  const inlinePage = (policy: string) => path`/inline/${kind}/${name}/${policy}`;
  const remove = async () => {
    for (const each of leaving) {
      await (each.arn ? policies.detach(name, each.arn) : policies.remove(name, each.name));
    }
  };
  const done = (said: string) => {
    setAttaching(false);
    setLeaving([]);
    rows.reload();
    tell("success", said);
  };
  return (
    <>
      <List
        title={text.title}
        variant="container"
        from={rows}
        trackBy="name"
        selection="multi"
        empty={text.empty}
        columns={[
          {
            id: "name",
            header: text.policy,
            cell: (row) => <PageLink to={row.arn ? path`/policies/${row.arn}` : inlinePage(row.name)}>{row.name}</PageLink>,
            sortingField: "name",
            isRowHeader: true,
          },
          { id: "type", header: text.type, cell: (row) => typeOf(row.arn), sortingComparator: (a, b) => typeOf(a.arn).localeCompare(typeOf(b.arn)) },
        ]}
        actions={(selected) => (
          <Actions>
            <ActionButton needs={`iam:${selected.some((row) => row.arn) ? "Detach" : "Delete"}${KINDS[kind]}Policy`} disabled={selected.length === 0} onClick={() => setLeaving(selected)}>
              {text.remove}
            </ActionButton>
            <ActionButton needs={`iam:Put${KINDS[kind]}Policy`} onClick={() => void navigate(path`/inline/${kind}/${name}`)}>{text.createInline}</ActionButton>
            <ActionButton needs={`iam:Attach${KINDS[kind]}Policy`} variant="primary" onClick={() => setAttaching(true)}>
              {text.attach}
            </ActionButton>
          </Actions>
        )}
      />
      {attaching && (
        <AttachPolicies
          already={new Set((rows.value ?? []).map((row) => row.arn))}
          attach={(arn) => policies.attach(name, arn)}
          test={(arns) => attachChange(kind, name, arns)}
          done={(count) => done(text.attached(count))}
          close={() => setAttaching(false)}
        />
      )}
      {leaving.length > 0 && (
        <Confirm
          title={text.removeTitle(leaving.length, name)}
          action={text.remove}
          work={remove}
          done={() => done(text.removed(leaving.length))}
          close={() => setLeaving([])}
        >
          <SpaceBetween size="s">
            {text.removeWhat}
            <TestChange changes={() => removeChange(kind, name, leaving)} />
          </SpaceBetween>
        </Confirm>
      )}
    </>
  );
}

export function typeOf(arn: string | undefined): string {
  if (arn === undefined) return text.inline;
  return arn.includes("::aws:") ? text.aws : text.customer;
}
