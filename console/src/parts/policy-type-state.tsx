/** Turns a type of policies on or off for the organization; asks before. */
import { call } from "../api";
import { strings } from "../strings";
import type { ControlKind } from "../work/organization";
import { Confirm } from "./confirm";

const text = strings.controls;

interface Props {
  root: string;
  kind: ControlKind;
  enable: boolean;
  done: (said: string) => void;
  close: () => void;
}

export function PolicyTypeState({ root, kind, enable, done, close }: Props) {
  const asked = { RootId: root, PolicyType: kind };
  return enable ? (
    <Confirm title={text.enable} action={text.enable} work={() => call("organizations", "EnablePolicyType", asked)} done={() => done(text.enabled)} close={close}>
      {text.kinds[kind]}
    </Confirm>
  ) : (
    <Confirm
      title={text.disable}
      action={text.disable}
      typed={text.kinds[kind]}
      work={() => call("organizations", "DisablePolicyType", asked)}
      done={() => done(text.disabled)}
      close={close}
    >
      {text.disableWhat}
    </Confirm>
  );
}
