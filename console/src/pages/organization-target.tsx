/** A root, unit or account of the organization: the control policies that are attached to it. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { call } from "../api";
import { useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { controlColumns } from "../parts/control-columns";
import { ControlKindField } from "../parts/control-kind";
import { Detach } from "../parts/detach";
import { Dialog } from "../parts/dialog";
import { Copied, Facts } from "../parts/facts";
import { Actions, List } from "../parts/list";
import { PolicyEditor } from "../parts/policy-editor";
import { PolicyTypeState } from "../parts/policy-type-state";
import { Show } from "../parts/states";
import { TestChange } from "../parts/test-change";
import { strings } from "../strings";
import { attachedTo, type Control, type ControlKind, controlsOf, effectiveFor, flat, type Node, theTree, writtenAs } from "../work/organization";

const text = strings.controls;

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
        <Controls target={id} root={tree.value?.[0]?.id} isAccount={node?.kind === "account"} />
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

interface ControlsProps {
  target: string;
  root: string | undefined;
  isAccount: boolean;
}

function Controls({ target, root, isAccount }: ControlsProps) {
  const [kind, setKind] = useState<ControlKind>("SERVICE_CONTROL_POLICY");
  const attached = useLoad(() => attachedTo(target, kind), [target, kind]);
  const [open, setOpen] = useState<"attach" | "enable" | "disable">();
  const [leaving, setLeaving] = useState<Control>();
  const enabled = useLoad(async () => {
    const { Roots = [] } = target === root ? await call("organizations", "ListRoots", {}) : {};
    return new Set(Roots[0]?.PolicyTypes?.map((each) => each.Type));
  }, [target, root]);
  const isEnabled = enabled.value?.has(kind);
  const navigate = useNavigate();
  const tell = useTell();
  const close = () => {
    setOpen(undefined);
    setLeaving(undefined);
  };
  const done = (said: string) => {
    close();
    attached.reload();
    enabled.reload();
    tell("success", said);
  };
  return (
    <SpaceBetween size="l">
      <ControlKindField kind={kind} choose={setKind} />
      <List
        title={text.title}
        variant="container"
        from={attached}
        trackBy="id"
        labelBy="name"
        selection="single"
        empty={text.empty}
        columns={controlColumns}
        actions={([selected]) => (
          <Actions>
            <ActionButton needs="organizations:DetachPolicy" disabled={!selected} onClick={() => setLeaving(selected)}>
              {text.detach}
            </ActionButton>
            {target === root && <ActionButton needs={`organizations:${isEnabled ? "Disable" : "Enable"}PolicyType`} onClick={() => setOpen(isEnabled ? "disable" : "enable")}>{isEnabled ? text.disable : text.enable}</ActionButton>}
            <ActionButton needs="organizations:AttachPolicy" onClick={() => setOpen("attach")}>{text.attach}</ActionButton>
            <ActionButton needs="organizations:CreatePolicy" variant="primary" onClick={() => void navigate(`/organization/policies/create?kind=${kind}&target=${target}`)}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {open === "attach" && <Attach target={target} kind={kind} present={attached.value ?? []} done={() => done(text.attached)} close={close} />}
      {(open === "enable" || open === "disable") && (
        <PolicyTypeState root={target} kind={kind} enable={open === "enable"} done={done} close={close} />
      )}
      {leaving && <Detach policy={leaving} target={target} done={done} close={close} />}
      {isAccount && writtenAs(kind) === "other" && <Effective key={kind} account={target} kind={kind} />}
    </SpaceBetween>
  );
}

/** What the policies of a type come to for an account. */
function Effective({ account, kind }: { account: string; kind: ControlKind }) {
  const effective = useLoad(() => effectiveFor(account, kind), [account, kind]);
  return (
    <Container header={<Header variant="h2" description={text.effectiveWhat}>{text.effective}</Header>}>
      <Show from={effective}>
        {(content) => (content === null ? <Box>{text.noEffective}</Box> : <PolicyEditor value={content} label={text.effective} kind="other" />)}
      </Show>
    </Container>
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
      {writtenAs(kind) !== "other" && (
        <TestChange organization disabled={chosen === ""} changes={() => [{ "organizations:AttachPolicy": { PolicyId: chosen, TargetId: target } }]} />
      )}
    </Dialog>
  );
}
