/** The password of the person who is signed in: when it expires, and another one, held against the rules as it is typed. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { loadOwnPassword, type OwnPassword as Known, post, type Requirement } from "../api";
import { useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { ActionButton } from "./action-button";
import { Dialog } from "./dialog";
import { Show } from "./states";
import { Status } from "./status";
import { Moment } from "./time";

const text = strings.credentials;

export function OwnPassword() {
  const known = useLoad(loadOwnPassword, []);
  const [open, setOpen] = useState(false);
  const tell = useTell();
  const done = () => {
    setOpen(false);
    known.reload();
    tell("success", text.changed);
  };
  const header = (
    <Header variant="h2" actions={<ActionButton needs="iam:ChangePassword" onClick={() => setOpen(true)}>{text.change}</ActionButton>}>
      {text.password}
    </Header>
  );
  return (
    <Container header={header}>
      <Show from={known}>
        {(found) => (
          <>
            {found.expires ? (
              <>
                {text.expires} <Moment at={found.expires} />
              </>
            ) : (
              text.neverExpires
            )}
            {open && <Changing known={found} done={done} close={() => setOpen(false)} />}
          </>
        )}
      </Show>
    </Container>
  );
}

function Changing({ known, done, close }: { known: Known; done: () => void; close: () => void }) {
  const [typed, setTyped] = useState({ old: "", new: "", again: "" });
  const field = (key: keyof typeof typed, label: string, autoComplete: string) => (
    <FormField label={label} {...(key === "again" && typed.again !== "" && typed.again !== typed.new && { errorText: text.unequal })}>
      <Input
        type="password"
        value={typed[key]}
        autoComplete={autoComplete}
        onChange={({ detail }) => setTyped({ ...typed, [key]: detail.value })}
      />
    </FormField>
  );
  return (
    <Dialog
      title={text.change}
      action={text.change}
      ready={typed.old !== "" && typed.new !== "" && typed.new === typed.again}
      work={() => post("me/password", { old: typed.old, new: typed.new })}
      done={done}
      close={close}
    >
      <SpaceBetween size="m">
        {field("old", text.present, "current-password")}
        {field("new", text.new, "new-password")}
        <Rules rules={known.requirements} password={typed.new} />
        {field("again", text.again, "new-password")}
        <Box variant="small">{text.sessionsEnd}</Box>
      </SpaceBetween>
    </Dialog>
  );
}

/** What a password needs, and which of it the one that is typed has. */
function Rules({ rules, password }: { rules: Requirement[]; password: string }) {
  return (
    <div>
      <Box>{text.rules}</Box>
      {rules.map((rule) => (
        <div key={rule.words}>
          <Status type={met(rule, password) ? "success" : "pending"}>{rule.words}</Status>
        </div>
      ))}
    </div>
  );
}

/** Of a rule without patterns, only the server can tell. */
function met({ patterns, least }: Requirement, password: string): boolean {
  return patterns.length > 0 && patterns.filter((pattern) => new RegExp(pattern, "u").test(password)).length >= least;
}
