/** Makes the role that a service has for itself. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useRef, useState } from "react";

import { call } from "../api";
import { useLoad } from "../load";
import { strings } from "../strings";
import { everywhere } from "../work/vocabulary";
import { Dialog } from "./dialog";

const text = strings.roles;

interface Props {
  done: (name: string) => void;
  close: () => void;
}

export function CreateLinkedRole({ done, close }: Props) {
  const known = useLoad(everywhere, []);
  const [service, setService] = useState("");
  const [suffix, setSuffix] = useState("");
  const [about, setAbout] = useState("");
  const made = useRef("");
  const roles = known.value?.linkedRoles ?? [];
  const options = roles.map(([value, name]) => ({ value, label: value, description: name }));
  const hasSuffix = roles.some(([value, , several]) => value === service && several);
  const create = async () => {
    const given = { AWSServiceName: service, ...(about && { Description: about }), ...(hasSuffix && suffix && { CustomSuffix: suffix }) };
    made.current = (await call("iam", "CreateServiceLinkedRole", given)).Role?.RoleName ?? service;
  };
  return (
    <Dialog title={text.createLinked} action={text.create} ready={service !== ""} work={create} done={() => done(made.current)} close={close}>
      <FormField label={text.linkedService} description={text.linkedWhat} errorText={known.error?.message}>
        <Select
          options={options}
          selectedOption={options.find((each) => each.value === service) ?? null}
          statusType={known.loading ? "loading" : "finished"}
          filteringType="auto"
          virtualScroll
          placeholder={text.chooseService}
          onChange={({ detail }) => setService(detail.selectedOption.value ?? "")}
        />
      </FormField>
      {hasSuffix && (
        <FormField label={text.suffix} constraintText={text.suffixHint}>
          <Input value={suffix} autoComplete={false} onChange={({ detail }) => setSuffix(detail.value)} />
        </FormField>
      )}
      <FormField label={text.about}>
        <Input value={about} onChange={({ detail }) => setAbout(detail.value)} />
      </FormField>
    </Dialog>
  );
}
