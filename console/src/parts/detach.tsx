/** Asks before a policy of the organization is detached from a root, unit or account. */
import { call } from "../api";
import { strings } from "../strings";
import type { Control } from "../work/organization";
import { Confirm } from "./confirm";

const text = strings.controls;

interface Props {
  policy: Control;
  target: string;
  done: (said: string) => void;
  close: () => void;
}

export function Detach({ policy, target, done, close }: Props) {
  return (
    <Confirm
      title={text.detachTitle(policy.name)}
      action={text.detach}
      work={() => call("organizations", "DetachPolicy", { PolicyId: policy.id, TargetId: target })}
      done={() => done(text.detached)}
      close={close}
    >
      {text.detachWhat}
    </Confirm>
  );
}
