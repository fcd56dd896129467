/** The rules for passwords of the account's users. */
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call, Refusal, type Reply } from "../api";
import { useDoing, useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { Actions } from "./list";
import { Refused, Show } from "./states";

const text = strings.passwordPolicy;
type Policy = NonNullable<Reply<"iam", "GetAccountPasswordPolicy">["PasswordPolicy"]>;
const KINDS = ["RequireUppercaseCharacters", "RequireLowercaseCharacters", "RequireNumbers", "RequireSymbols"] as const;

export function PasswordPolicy() {
  const policy = useLoad(async () => {
    try {
      return (await call("iam", "GetAccountPasswordPolicy", {})).PasswordPolicy ?? null;
    } catch (error) {
      if (error instanceof Refusal && error.code === "NoSuchEntity") return null;
      throw error;
    }
  }, []);
  return (
    <Show from={policy}>
      {(found) => <Rules key={JSON.stringify(found)} policy={found} changed={policy.reload} />}
    </Show>
  );
}

function Rules({ policy, changed }: { policy: Policy | null; changed: () => void }) {
  const [rules, setRules] = useState<Policy>(policy ?? { MinimumPasswordLength: 8 });
  const [leaving, setLeaving] = useState(false);
  const doing = useDoing();
  const tell = useTell();
  const put = (changes: Partial<Policy>) => setRules((before) => ({ ...before, ...changes }));
  const { ExpirePasswords: _, ...input } = rules; // what is answered, but not asked for
  const save = async () => {
    if (!(await doing.run(() => call("iam", "UpdateAccountPasswordPolicy", input)))) return;
    tell("success", text.saved);
    changed();
  };
  const check = (name: keyof Policy, label: string) => (
    <Checkbox checked={rules[name] === true} onChange={({ detail }) => put({ [name]: detail.checked })}>
      {label}
    </Checkbox>
  );
  const count = (name: keyof Policy, label: string, hint: string) => (
    <FormField label={label} constraintText={hint}>
      <Input
        type="number"
        value={String(rules[name] ?? "")}
        onChange={({ detail }) => put({ [name]: detail.value === "" ? undefined : Number(detail.value) })}
      />
    </FormField>
  );
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={policy ? text.own : text.standard}
          actions={
            <Actions>
              {policy && <ActionButton needs="iam:DeleteAccountPasswordPolicy" onClick={() => setLeaving(true)}>{text.delete}</ActionButton>}
              <ActionButton needs="iam:UpdateAccountPasswordPolicy" variant="primary" loading={doing.busy} onClick={() => void save()}>
                {text.save}
              </ActionButton>
            </Actions>
          }
        >
          {text.title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Refused error={doing.error} />
        {count("MinimumPasswordLength", text.length, text.lengthHint)}
        {KINDS.map((kind) => (
          <div key={kind}>{check(kind, text.kinds[kind])}</div>
        ))}
        {count("MaxPasswordAge", text.age, text.ageHint)}
        {count("PasswordReusePrevention", text.reuse, text.reuseHint)}
        {check("AllowUsersToChangePassword", text.mayChange)}
        {check("HardExpiry", text.hard)}
      </SpaceBetween>
      {leaving && (
        <Confirm
          title={text.delete}
          action={text.delete}
          work={() => call("iam", "DeleteAccountPasswordPolicy", {})}
          done={() => {
            setLeaving(false);
            tell("success", text.deleted);
            changed();
          }}
          close={() => setLeaving(false)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </Container>
  );
}
