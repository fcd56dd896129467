/** Writes a control policy of the organization, and attaches it. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { call } from "../api";
import { strings } from "../strings";
import { document } from "../work/documents";
import type { ControlKind } from "../work/organization";
import { Dialog } from "./dialog";

const text = strings.controls;
const NOTHING = { Effect: "Deny", Action: [], Resource: "*" };

interface Props {
  target: string;
  kind: ControlKind;
  done: (name: string) => void;
  close: () => void;
}

export function CreateControl({ target, kind, done, close }: Props) {
  const [name, setName] = useState("");
  const [about, setAbout] = useState("");
  const [content, setContent] = useState(document(kind === "RESOURCE_CONTROL_POLICY" ? { ...NOTHING, Principal: "*" } : NOTHING));
  const create = async () => {
    const given = { Name: name, Description: about, Content: content, Type: kind };
    const { Policy } = await call("organizations", "CreatePolicy", given);
    await call("organizations", "AttachPolicy", { PolicyId: Policy?.PolicySummary?.Id, TargetId: target });
  };
  return (
    <Dialog title={text.create} action={text.create} size="large" ready={name !== ""} work={create} done={() => done(name)} close={close}>
      <FormField label={text.name}>
        <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label={text.about}>
        <Input value={about} onChange={({ detail }) => setAbout(detail.value)} />
      </FormField>
      <FormField label={text.content} stretch>
        <Textarea value={content} rows={12} spellcheck={false} onChange={({ detail }) => setContent(detail.value)} />
      </FormField>
    </Dialog>
  );
}
