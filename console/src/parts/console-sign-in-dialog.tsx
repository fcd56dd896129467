/** Asks how people sign in to the console with an OpenID Connect provider. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";

import { useLoad } from "../load";
import { strings } from "../strings";
import { type ConsoleSignIn, putSignIn, rolesTrusting } from "../work/console-sign-in";
import { Dialog } from "./dialog";

const text = strings.consoleSignIn;
const NEW: ConsoleSignIn = { ClientId: "", ClientType: "public", Label: "", RoleArns: [], Scopes: ["email", "profile"], SessionNameClaim: "sub" };

interface Props {
  arn: string;
  audiences: string[];
  present: ConsoleSignIn | undefined;
  done: () => void;
  close: () => void;
}

export function ConsoleSignInDialog({ arn, audiences, present, done, close }: Props) {
  const [given, setGiven] = useState(present ?? { ...NEW, ClientId: audiences.length === 1 ? audiences[0]! : "" });
  const [scopes, setScopes] = useState(given.Scopes.join(" "));
  const [secret, setSecret] = useState("");
  const put = (changes: Partial<ConsoleSignIn>) => setGiven((before) => ({ ...before, ...changes }));
  const keeps = present?.ClientType === "confidential" && present.ClientId === given.ClientId;
  const isConfidential = given.ClientType === "confidential";
  const complete = given.Label.trim() && given.ClientId && given.RoleArns.length > 0 && given.SessionNameClaim;
  const ready = Boolean(complete) && (!isConfidential || keeps || secret !== "");
  const save = () => putSignIn(arn, { ...given, Scopes: scopes.split(/\s+/).filter(Boolean) }, isConfidential ? secret : "");
  const types = Object.entries(text.types).map(([value, [label, description]]) => ({ value, label, description }));
  return (
    <Dialog title={present ? text.change : text.on} action={strings.provider.save} size="large" ready={ready} work={save} done={done} close={close}>
      <FormField label={text.label} constraintText={text.labelHint}>
        <Input value={given.Label} autoComplete={false} onChange={({ detail }) => put({ Label: detail.value })} />
      </FormField>
      <FormField label={text.client} constraintText={text.clientHint}>
        <Select
          options={audiences.map((value) => ({ value }))}
          selectedOption={given.ClientId ? { value: given.ClientId } : null}
          placeholder={text.choose}
          empty={text.noClients}
          onChange={({ detail }) => put({ ClientId: detail.selectedOption.value ?? "" })}
        />
      </FormField>
      <FormField label={text.type}>
        <RadioGroup value={given.ClientType} items={types} onChange={({ detail }) => put({ ClientType: detail.value as ConsoleSignIn["ClientType"] })} />
      </FormField>
      {isConfidential && (
        <FormField label={text.secret} {...(keeps && { constraintText: text.secretKept })}>
          <Input value={secret} type="password" autoComplete={false} onChange={({ detail }) => setSecret(detail.value)} />
        </FormField>
      )}
      <Roles arn={arn} chosen={given.RoleArns} choose={(RoleArns) => put({ RoleArns })} />
      <FormField label={text.scopes} constraintText={text.scopesHint}>
        <Input value={scopes} autoComplete={false} spellcheck={false} onChange={({ detail }) => setScopes(detail.value)} />
      </FormField>
      <FormField label={text.claim} constraintText={text.claimHint}>
        <Input value={given.SessionNameClaim} autoComplete={false} spellcheck={false} onChange={({ detail }) => put({ SessionNameClaim: detail.value })} />
      </FormField>
    </Dialog>
  );
}

interface RolesProps {
  arn: string;
  chosen: string[];
  choose: (arns: string[]) => void;
}

function Roles({ arn, chosen, choose }: RolesProps) {
  const roles = useLoad(() => rolesTrusting(arn), [arn]);
  const option = (role: string) => ({ value: role, label: role.split(":role/")[1] ?? role });
  return (
    <FormField label={text.roles} constraintText={text.rolesHint} errorText={roles.error?.message}>
      <Multiselect
        options={(roles.value ?? []).map(option)}
        selectedOptions={chosen.map(option)}
        statusType={roles.loading ? "loading" : "finished"}
        placeholder={text.choose}
        empty={text.noRoles}
        filteringType="auto"
        onChange={({ detail }) => choose(detail.selectedOptions.map((each) => each.value ?? ""))}
        deselectAriaLabel={(each) => text.deselect(each.label ?? "")}
      />
    </FormField>
  );
}
