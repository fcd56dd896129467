/** The account's alias, by which people sign in. */
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useState } from "react";

import { call } from "../api";
import { useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { Dialog } from "./dialog";
import { Actions } from "./list";
import { Show } from "./states";

const text = strings.settings;

export function Alias() {
  const alias = useLoad(async () => (await call("iam", "ListAccountAliases", {})).AccountAliases?.[0] ?? "", []);
  const [open, setOpen] = useState<"set" | "delete">();
  const [name, setName] = useState("");
  const tell = useTell();
  const done = (said: string) => {
    setOpen(undefined);
    alias.reload();
    tell("success", said);
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={text.aliasHint}
          actions={
            <Actions>
              {alias.value && <ActionButton needs="iam:DeleteAccountAlias" onClick={() => setOpen("delete")}>{text.deleteAlias}</ActionButton>}
              <ActionButton needs="iam:CreateAccountAlias" disabled={alias.value === undefined} onClick={() => setOpen("set")}>
                {text.setAlias}
              </ActionButton>
            </Actions>
          }
        >
          {text.alias}
        </Header>
      }
    >
      <Show from={alias}>{(found) => <KeyValuePairs items={[{ label: text.alias, value: found || "–" }]} />}</Show>
      {open === "set" && (
        <Dialog
          title={text.setAlias}
          action={text.save}
          ready={name !== ""}
          work={() => call("iam", "CreateAccountAlias", { AccountAlias: name })}
          done={() => done(text.aliasSaved)}
          close={() => setOpen(undefined)}
        >
          <FormField label={text.alias} constraintText={text.aliasRule}>
            <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
          </FormField>
        </Dialog>
      )}
      {open === "delete" && (
        <Confirm
          title={text.deleteAlias}
          work={() => call("iam", "DeleteAccountAlias", { AccountAlias: alias.value })}
          done={() => done(text.aliasDeleted)}
          close={() => setOpen(undefined)}
        >
          {text.deleteAliasWhat}
        </Confirm>
      )}
    </Container>
  );
}
