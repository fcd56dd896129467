/** What is asked before something of the organization is made, moved, renamed or deleted. */
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";

import { call } from "../api";
import { strings } from "../strings";
import { createAccount, flat, type Node } from "../work/organization";
import { Confirm } from "./confirm";
import { Dialog } from "./dialog";

const text = strings.organization;
/** What is to be done with which part of the organization. */
export interface Open {
  what: "unit" | "account" | "move" | "rename" | "delete";
  node: Node;
}
interface Props {
  open: Open;
  roots: Node[];
  done: (said: string) => void;
  close: () => void;
}

export function OrganizationDialogs({ open: { what, node }, roots, done, close }: Props) {
  const asked = { node, roots, done, close };
  switch (what) {
    case "unit":
      return <CreateUnit {...asked} />;
    case "account":
      return <CreateAccount {...asked} />;
    case "move":
      return <Move {...asked} />;
    case "rename":
      return <Rename {...asked} />;
    case "delete":
      return (
        <Confirm
          title={text.deleteTitle(node.name)}
          work={() => call("organizations", "DeleteOrganizationalUnit", { OrganizationalUnitId: node.id })}
          done={() => done(text.deleted(node.name))}
          close={close}
        >
          {text.deleteWhat}
        </Confirm>
      );
  }
}

type Asked = Omit<Props, "open"> & { node: Node };

function NameField({ value, change }: { value: string; change: (value: string) => void }) {
  return (
    <FormField label={text.name}>
      <Input value={value} autoComplete={false} onChange={({ detail }) => change(detail.value)} />
    </FormField>
  );
}

function CreateUnit({ node, done, close }: Asked) {
  const [name, setName] = useState("");
  const create = () => call("organizations", "CreateOrganizationalUnit", { ParentId: node.id, Name: name });
  return (
    <Dialog title={text.createUnit} action={text.createUnit} ready={name !== ""} work={create} done={() => done(text.unitMade(name))} close={close}>
      <Box>{text.within(node.name)}</Box>
      <NameField value={name} change={setName} />
    </Dialog>
  );
}

function CreateAccount({ node, roots, done, close }: Asked) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  return (
    <Dialog
      title={text.createAccount}
      action={text.createAccount}
      ready={name !== "" && email !== ""}
      work={() => createAccount(name, email, node, roots[0]?.id ?? "")}
      done={() => done(text.accountMade(name))}
      close={close}
    >
      <Box>{text.within(node.name)}</Box>
      <NameField value={name} change={setName} />
      <FormField label={text.email}>
        <Input value={email} type="email" autoComplete={false} onChange={({ detail }) => setEmail(detail.value)} />
      </FormField>
    </Dialog>
  );
}

function Move({ node, roots, done, close }: Asked) {
  const [to, setTo] = useState("");
  const places = flat(roots).filter((each) => each.kind !== "account" && each.id !== node.parent);
  const options = places.map((each) => ({ value: each.id, label: each.name, description: each.id }));
  const move = () => call("organizations", "MoveAccount", { AccountId: node.id, SourceParentId: node.parent, DestinationParentId: to });
  return (
    <Dialog title={text.moveTitle(node.name)} action={text.move} ready={to !== ""} work={move} done={() => done(text.moved(node.name))} close={close}>
      <FormField label={text.to}>
        <Select
          options={options}
          selectedOption={options.find((each) => each.value === to) ?? null}
          placeholder={text.kinds.unit}
          onChange={({ detail }) => setTo(detail.selectedOption.value ?? "")}
        />
      </FormField>
    </Dialog>
  );
}

function Rename({ node, done, close }: Asked) {
  const [name, setName] = useState(node.name);
  const save = () => call("organizations", "UpdateOrganizationalUnit", { OrganizationalUnitId: node.id, Name: name });
  return (
    <Dialog title={text.rename} action={text.rename} ready={name !== ""} work={save} done={() => done(text.renamed(name))} close={close}>
      <NameField value={name} change={setName} />
    </Dialog>
  );
}
