/** Whether a user may sign in to the console, and with which password. */
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useState } from "react";

import { call, Refusal } from "../api";
import { useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { Dialog } from "./dialog";
import { Actions } from "./list";
import { Show } from "./states";
import { Moment } from "./time";

const text = strings.consoleAccess;

export function ConsoleAccess({ user }: { user: string }) {
  const UserName = user;
  const load = async () => {
    try {
      return (await call("iam", "GetLoginProfile", { UserName })).LoginProfile ?? null;
    } catch (error) {
      if (error instanceof Refusal && error.code === "NoSuchEntity") return null;
      throw error;
    }
  };
  const profile = useLoad(load, [user]);
  const [open, setOpen] = useState<"set" | "remove">();
  const tell = useTell();
  const done = (said: string) => {
    setOpen(undefined);
    profile.reload();
    tell("success", said);
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Actions>
              {profile.value && <ActionButton needs="iam:DeleteLoginProfile" onClick={() => setOpen("remove")}>{text.remove}</ActionButton>}
              <ActionButton needs={profile.value ? "iam:UpdateLoginProfile" : "iam:CreateLoginProfile"} disabled={profile.value === undefined} onClick={() => setOpen("set")}>
                {profile.value ? text.change : text.enable}
              </ActionButton>
            </Actions>
          }
        >
          {text.title}
        </Header>
      }
    >
      <Show from={profile}>
        {(found) => (
          <KeyValuePairs
            columns={3}
            items={[
              { label: text.state, value: found ? text.on : text.off },
              { label: text.since, value: <Moment at={found?.CreateDate} /> },
              { label: text.due, value: found?.PasswordResetRequired ? text.yes : text.no },
            ]}
          />
        )}
      </Show>
      {open === "set" && (
        <SetPassword user={user} exists={profile.value !== null} done={() => done(text.saved)} close={() => setOpen(undefined)} />
      )}
      {open === "remove" && (
        <Confirm
          title={text.removeTitle(user)}
          action={text.remove}
          work={() => call("iam", "DeleteLoginProfile", { UserName })}
          done={() => done(text.removed)}
          close={() => setOpen(undefined)}
        >
          {text.removeWhat}
        </Confirm>
      )}
    </Container>
  );
}

function SetPassword({ user, exists, done, close }: { user: string; exists: boolean; done: () => void; close: () => void }) {
  const [password, setPassword] = useState("");
  const [due, setDue] = useState(true);
  const input = { UserName: user, Password: password, PasswordResetRequired: due };
  return (
    <Dialog
      title={exists ? text.change : text.enable}
      action={text.save}
      ready={password !== ""}
      work={() => (exists ? call("iam", "UpdateLoginProfile", input) : call("iam", "CreateLoginProfile", input))}
      done={done}
      close={close}
    >
      <FormField label={text.password} description={text.passwordHint}>
        <Input type="password" value={password} autoComplete="new-password" onChange={({ detail }) => setPassword(detail.value)} />
      </FormField>
      <Checkbox checked={due} onChange={({ detail }) => setDue(detail.checked)}>
        {text.mustChange}
      </Checkbox>
    </Dialog>
  );
}
