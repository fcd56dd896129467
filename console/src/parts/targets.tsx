/** The roots, units and accounts that a policy of the organization is attached to. */
import { useState } from "react";

import { call } from "../api";
import { useLoad } from "../load";
import { PageLink, path } from "../links";
import { useTell } from "../page";
import { strings } from "../strings";
import { type Control, type Target, targetsOf, writtenAs } from "../work/organization";
import { ActionButton } from "./action-button";
import { Detach } from "./detach";
import { Dialog } from "./dialog";
import { Actions, List } from "./list";
import { TargetField } from "./target-field";
import { TestChange } from "./test-change";

const text = strings.controls;

export function Targets({ policy }: { policy: Control }) {
  const PolicyId = policy.id;
  const targets = useLoad(() => targetsOf(PolicyId), [PolicyId]);
  const [attaching, setAttaching] = useState(false);
  const [leaving, setLeaving] = useState<Target>();
  const tell = useTell();
  const done = (said: string) => {
    setAttaching(false);
    setLeaving(undefined);
    targets.reload();
    tell("success", said);
  };
  return (
    <>
      <List
        title={text.targets}
        variant="container"
        from={targets}
        trackBy="id"
        labelBy="name"
        selection="single"
        empty={text.noTargets}
        columns={[
          {
            id: "name",
            header: text.target,
            cell: (each) => <PageLink to={path`/organization/${each.id}`}>{each.name}</PageLink>,
            sortingField: "name",
            isRowHeader: true,
          },
          { id: "kind", header: strings.organization.kind, cell: (each) => strings.organization.kinds[each.kind], sortingField: "kind" },
          { id: "id", header: strings.organization.id, cell: (each) => each.id },
        ]}
        actions={([selected]) => (
          <Actions>
            <ActionButton needs="organizations:DetachPolicy" disabled={!selected} onClick={() => setLeaving(selected)}>
              {text.detach}
            </ActionButton>
            <ActionButton needs="organizations:AttachPolicy" variant="primary" onClick={() => setAttaching(true)}>
              {text.attach}
            </ActionButton>
          </Actions>
        )}
      />
      {attaching && (
        <AttachTo
          policy={policy}
          present={(targets.value ?? []).map((each) => each.id)}
          done={() => done(text.attached)}
          close={() => setAttaching(false)}
        />
      )}
      {leaving && <Detach policy={policy} target={leaving.id} done={done} close={() => setLeaving(undefined)} />}
    </>
  );
}

interface AttachProps {
  policy: Control;
  present: string[];
  done: () => void;
  close: () => void;
}

function AttachTo({ policy, present, done, close }: AttachProps) {
  const [target, setTarget] = useState("");
  const change = { PolicyId: policy.id, TargetId: target };
  return (
    <Dialog
      title={text.attach}
      action={text.attach}
      ready={target !== ""}
      work={() => call("organizations", "AttachPolicy", change)}
      done={done}
      close={close}
    >
      <TargetField target={target} choose={setTarget} but={present} optional={false} />
      {writtenAs(policy.kind) !== "other" && <TestChange organization disabled={target === ""} changes={() => [{ "organizations:AttachPolicy": change }]} />}
    </Dialog>
  );
}
