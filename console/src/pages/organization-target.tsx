/** A root, unit or account of the organization: the control policies that are attached to it. */
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useParams } from "react-router";

import { call } from "../api";
import { useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { Confirm } from "../parts/confirm";
import { CreateControl } from "../parts/create-control";
import { Dialog } from "../parts/dialog";
import { Copied, Facts } from "../parts/facts";
import { Actions, List } from "../parts/list";
import { Show } from "../parts/states";
import { strings } from "../strings";
import { attachedTo, type Control, type ControlKind, controlsOf, flat, type Node, theTree } from "../work/organization";

const text = strings.controls;
const KINDS = Object.keys(text.kinds) as ControlKind[];

export default function OrganizationTarget() {
  const { id = "" } = useParams();
  const tree = useLoad(theTree, []);
  const node = flat(tree.value ?? []).find((each) => each.id === id);
  const name = node?.name ?? id;
  usePage([strings.organization.title, "/organization"], [name, path`/organization/${id}`]);
  return (
    <ContentLayout header={<Header variant="h1">{name}</Header>}>
      <SpaceBetween size="l">
        <Show from={tree}>{() => <About id={id} node={node} />}</Show>
        <Controls target={id} root={tree.value?.[0]?.id} />
      </SpaceBetween>
    </ContentLayout>
  );
}

function About({ id, node }: { id: string; node: Node | undefined }) {
  const labels = strings.organization;
  return (
    <Facts
      facts={{
        [labels.id]: <Copied text={id} />,
        [labels.kind]: node && labels.kinds[node.kind],
        [strings.user.arn]: <Copied text={node?.arn} />,
        ...(node?.kind === "account" && { [labels.email]: node.email, [labels.status]: node.status }),
      }}
    />
  );
}

function Controls({ target, root }: { target: string; root: string | undefined }) {
  const [kind, setKind] = useState<ControlKind>("SERVICE_CONTROL_POLICY");
  const attached = useLoad(() => attachedTo(target, kind), [target, kind]);
  const [open, setOpen] = useState<"attach" | "create" | "enable">();
  const [leaving, setLeaving] = useState<Control>();
  const tell = useTell();
  const close = () => {
    setOpen(undefined);
    setLeaving(undefined);
  };
  const done = (said: string) => {
    close();
    attached.reload();
    tell("success", said);
  };
  return (
    <>
      <SegmentedControl
        label={text.kind}
        selectedId={kind}
        options={KINDS.map((id) => ({ id, text: text.kinds[id] }))}
        onChange={({ detail }) => setKind(detail.selectedId as ControlKind)}
      />
      <List
        title={text.title}
        variant="container"
        from={attached}
        trackBy="id"
        labelBy="name"
        selection="single"
        empty={text.empty}
        columns={[
          { id: "name", header: text.name, cell: (each) => each.name, sortingField: "name", isRowHeader: true },
          { id: "about", header: text.about, cell: (each) => each.about },
          { id: "id", header: strings.organization.id, cell: (each) => each.id },
        ]}
        actions={([selected]) => (
          <Actions>
            <Button disabled={!selected} onClick={() => setLeaving(selected)}>
              {text.detach}
            </Button>
            {target === root && <Button onClick={() => setOpen("enable")}>{text.enable}</Button>}
            <Button onClick={() => setOpen("attach")}>{text.attach}</Button>
            <Button variant="primary" onClick={() => setOpen("create")}>
              {text.create}
            </Button>
          </Actions>
        )}
      />
      {open === "attach" && <Attach target={target} kind={kind} present={attached.value ?? []} done={() => done(text.attached)} close={close} />}
      {open === "create" && <CreateControl target={target} kind={kind} done={(name) => done(text.made(name))} close={close} />}
      {open === "enable" && (
        <Confirm
          title={text.enable}
          action={text.enable}
          work={() => call("organizations", "EnablePolicyType", { RootId: target, PolicyType: kind })}
          done={() => done(text.enabled)}
          close={close}
        >
          {text.kinds[kind]}
        </Confirm>
      )}
      {leaving && (
        <Confirm
          title={text.detachTitle(leaving.name)}
          action={text.detach}
          work={() => call("organizations", "DetachPolicy", { PolicyId: leaving.id, TargetId: target })}
          done={() => done(text.detached)}
          close={close}
        >
          {text.detachWhat}
        </Confirm>
      )}
    </>
  );
}

interface AttachProps {
  target: string;
  kind: ControlKind;
  present: Control[];
  done: () => void;
  close: () => void;
}

function Attach({ target, kind, present, done, close }: AttachProps) {
  const [chosen, setChosen] = useState("");
  const policies = useLoad(() => controlsOf(kind), [kind]);
  const others = (policies.value ?? []).filter((each) => !present.some((one) => one.id === each.id));
  const options = others.map((each) => ({ value: each.id, label: each.name, description: each.about }));
  const attach = () => call("organizations", "AttachPolicy", { PolicyId: chosen, TargetId: target });
  return (
    <Dialog title={text.attach} action={text.attach} ready={chosen !== ""} work={attach} done={done} close={close}>
      <FormField label={text.policy} errorText={policies.error?.message}>
        <Select
          options={options}
          selectedOption={options.find((each) => each.value === chosen) ?? null}
          statusType={policies.loading ? "loading" : "finished"}
          placeholder={text.choose}
          empty={text.empty}
          onChange={({ detail }) => setChosen(detail.selectedOption.value ?? "")}
        />
      </FormField>
    </Dialog>
  );
}
