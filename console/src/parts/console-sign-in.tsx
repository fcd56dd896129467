/** How people sign in to the console with an OpenID Connect provider: shown, set up, changed and ended. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { endSignIn, type SignInState, signInWith } from "../work/console-sign-in";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { ConsoleSignInDialog } from "./console-sign-in-dialog";
import { Copied } from "./facts";
import { Actions } from "./list";
import { Show } from "./states";

const text = strings.consoleSignIn;

interface Props {
  arn: string;
  audiences: string[];
}

export function ConsoleSignIn({ arn, audiences }: Props) {
  const state = useLoad(() => signInWith(arn), [arn]);
  const [open, setOpen] = useState<"set" | "end">();
  const tell = useTell();
  const done = (said: string) => {
    setOpen(undefined);
    state.reload();
    tell("success", said);
  };
  const present = state.value?.ConsoleSignIn;
  const actions = (
    <Actions>
      {present && <ActionButton needs="iamd:DeleteConsoleSignIn" onClick={() => setOpen("end")}>{text.end}</ActionButton>}
      <ActionButton needs="iamd:PutConsoleSignIn" disabled={!state.value} onClick={() => setOpen("set")}>
        {present ? text.change : text.on}
      </ActionButton>
    </Actions>
  );
  return (
    <Container header={<Header variant="h2" description={text.what} actions={actions}>{text.title}</Header>}>
      <Show from={state}>{(found) => <About found={found} />}</Show>
      {open === "set" && (
        <ConsoleSignInDialog arn={arn} audiences={audiences} present={present} done={() => done(text.saved)} close={() => setOpen(undefined)} />
      )}
      {open === "end" && (
        <Confirm title={text.endTitle} action={text.end} work={() => endSignIn(arn)} done={() => done(text.ended)} close={() => setOpen(undefined)}>
          {text.endWhat}
        </Confirm>
      )}
    </Container>
  );
}

function About({ found: { ConsoleSignIn: present, RedirectUri, SignInUrl } }: { found: SignInState }) {
  const addresses = RedirectUri
    ? [
        { label: text.redirect, value: <Copied text={RedirectUri} /> },
        { label: text.page, value: <Copied text={SignInUrl} /> },
      ]
    : [{ label: text.page, value: text.noAddress }];
  if (!present) {
    return (
      <SpaceBetween size="m">
        <Box>{text.off}</Box>
        <KeyValuePairs columns={2} items={addresses} />
      </SpaceBetween>
    );
  }
  const facts = {
    [text.label]: present.Label,
    [text.client]: present.ClientId,
    [text.type]: text.types[present.ClientType][0],
    [text.scopes]: ["openid", ...present.Scopes].join(" "),
    [text.claim]: present.SessionNameClaim,
    [text.roles]: present.RoleArns.map((role) => <div key={role}>{role.split(":role/")[1]}</div>),
  };
  const items = Object.entries(facts).map(([label, value]) => ({ label, value }));
  return (
    <SpaceBetween size="l">
      <KeyValuePairs columns={3} items={items} />
      <KeyValuePairs columns={2} items={addresses} />
    </SpaceBetween>
  );
}
