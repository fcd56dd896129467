/** What is known of an OpenID Connect provider; its audiences and thumbprints are changed here. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { call } from "../api";
import { mapped, useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { thumbprints } from "../work/providers";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { ConsoleSignIn } from "./console-sign-in";
import { Dialog } from "./dialog";
import { Copied, Facts } from "./facts";
import { Actions, List } from "./list";
import { Show } from "./states";
import { Moment } from "./time";

const text = strings.provider;

export function OidcProvider({ arn }: { arn: string }) {
  const OpenIDConnectProviderArn = arn;
  const provider = useLoad(() => call("iam", "GetOpenIDConnectProvider", { OpenIDConnectProviderArn }), [arn]);
  const audiences = mapped(provider, (found) => (found.ClientIDList ?? []).map((name) => ({ name })));
  const [open, setOpen] = useState<"audience" | "thumbprints">();
  const [leaving, setLeaving] = useState<string>();
  const tell = useTell();
  const done = (said: string) => {
    setOpen(undefined);
    setLeaving(undefined);
    provider.reload();
    tell("success", said);
  };
  return (
    <SpaceBetween size="l">
      <Show from={provider}>
        {(found) => (
          <Facts
            facts={{
              [text.arn]: <Copied text={arn} />,
              [text.url]: `https://${found.Url ?? ""}`,
              [text.created]: <Moment at={found.CreateDate} />,
              [text.thumbprints]: found.ThumbprintList?.map((each) => <div key={each}>{each}</div>),
            }}
          />
        )}
      </Show>
      <List
        title={text.audiences}
        variant="container"
        from={audiences}
        trackBy="name"
        selection="single"
        empty={text.noAudiences}
        columns={[{ id: "name", header: text.audience, cell: (each) => each.name, isRowHeader: true }]}
        actions={([selected]) => (
          <Actions>
            <ActionButton needs="iam:RemoveClientIDFromOpenIDConnectProvider" disabled={selected === undefined} onClick={() => setLeaving(selected?.name)}>
              {text.remove}
            </ActionButton>
            <ActionButton needs="iam:UpdateOpenIDConnectProviderThumbprint" onClick={() => setOpen("thumbprints")}>{text.editThumbprints}</ActionButton>
            <ActionButton needs="iam:AddClientIDToOpenIDConnectProvider" variant="primary" onClick={() => setOpen("audience")}>
              {text.addAudience}
            </ActionButton>
          </Actions>
        )}
      />
      <ConsoleSignIn arn={arn} audiences={provider.value?.ClientIDList ?? []} />
      {open === "audience" && <AddAudience arn={arn} done={() => done(text.addedAudience)} close={() => setOpen(undefined)} />}
      {open === "thumbprints" && (
        <Thumbprints arn={arn} present={provider.value?.ThumbprintList ?? []} done={() => done(text.saved)} close={() => setOpen(undefined)} />
      )}
      {leaving && (
        <Confirm
          title={text.removeAudience(leaving)}
          action={text.remove}
          work={() => call("iam", "RemoveClientIDFromOpenIDConnectProvider", { OpenIDConnectProviderArn, ClientID: leaving })}
          done={() => done(text.removedAudience)}
          close={() => setLeaving(undefined)}
        >
          {text.removeAudienceWhat}
        </Confirm>
      )}
    </SpaceBetween>
  );
}

interface Props {
  arn: string;
  done: () => void;
  close: () => void;
}

function AddAudience({ arn, done, close }: Props) {
  const [audience, setAudience] = useState("");
  const add = () => call("iam", "AddClientIDToOpenIDConnectProvider", { OpenIDConnectProviderArn: arn, ClientID: audience });
  return (
    <Dialog title={text.addAudience} action={text.addAudience} ready={audience !== ""} work={add} done={done} close={close}>
      <FormField label={text.audience} constraintText={text.audienceHint}>
        <Input value={audience} onChange={({ detail }) => setAudience(detail.value)} />
      </FormField>
    </Dialog>
  );
}

function Thumbprints({ arn, present, done, close }: Props & { present: string[] }) {
  const [typed, setTyped] = useState(present.join("\n"));
  const save = () =>
    call("iam", "UpdateOpenIDConnectProviderThumbprint", { OpenIDConnectProviderArn: arn, ThumbprintList: thumbprints(typed) });
  return (
    <Dialog title={text.editThumbprints} action={text.save} ready={typed.trim() !== ""} work={save} done={done} close={close}>
      <FormField label={text.thumbprints} description={text.thumbprintsHint}>
        <Textarea value={typed} spellcheck={false} onChange={({ detail }) => setTyped(detail.value)} />
      </FormField>
    </Dialog>
  );
}
