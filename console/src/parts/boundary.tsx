/** The permissions boundary of a user or role: the most that its policies can give it. */
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call, everything } from "../api";
import { useLoad } from "../load";
import { path, PageLink } from "../links";
import { useTell } from "../page";
import { strings } from "../strings";
import { KINDS } from "../work/identities";
import { boundaryChange, type Change } from "../work/replay";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";
import { Dialog } from "./dialog";
import { Actions } from "./list";
import { TestChange } from "./test-change";

const text = strings.boundary;
const DOES = {
  user: {
    put: (UserName: string, PermissionsBoundary: string) => call("iam", "PutUserPermissionsBoundary", { UserName, PermissionsBoundary }),
    remove: (UserName: string) => call("iam", "DeleteUserPermissionsBoundary", { UserName }),
  },
  role: {
    put: (RoleName: string, PermissionsBoundary: string) => call("iam", "PutRolePermissionsBoundary", { RoleName, PermissionsBoundary }),
    remove: (RoleName: string) => call("iam", "DeleteRolePermissionsBoundary", { RoleName }),
  },
};
interface Props {
  kind: "user" | "role";
  name: string;
  /** The ARN of the policy that is the boundary now. */
  present: string | undefined;
  changed: () => void;
}

export function Boundary({ kind, name, present, changed }: Props) {
  const [open, setOpen] = useState<"set" | "remove">();
  const tell = useTell();
  const close = () => setOpen(undefined);
  const done = (said: string) => {
    close();
    changed();
    tell("success", said);
  };
  const actions = (
    <Actions>
      {present && <ActionButton needs={`iam:Delete${KINDS[kind]}PermissionsBoundary`} onClick={() => setOpen("remove")}>{text.remove}</ActionButton>}
      <ActionButton needs={`iam:Put${KINDS[kind]}PermissionsBoundary`} onClick={() => setOpen("set")}>{present ? text.change : text.set}</ActionButton>
    </Actions>
  );
  return (
    <Container header={<Header variant="h2" description={text.what} actions={actions}>{text.title}</Header>}>
      {present ? <PageLink to={path`/policies/${present}`}>{present.split("/").at(-1)}</PageLink> : text.none}
      {open === "set" && (
        <SetBoundary
          put={(arn) => DOES[kind].put(name, arn)}
          test={(arn) => boundaryChange(kind, name, arn)}
          done={() => done(text.saved)}
          close={close}
        />
      )}
      {open === "remove" && (
        <Confirm title={text.removeTitle(name)} action={text.remove} work={() => DOES[kind].remove(name)} done={() => done(text.removed)} close={close}>
          <SpaceBetween size="s">
            {text.removeWhat}
            <TestChange changes={() => [{ [`iam:Delete${KINDS[kind]}PermissionsBoundary`]: { [`${KINDS[kind]}Name`]: name } }]} />
          </SpaceBetween>
        </Confirm>
      )}
    </Container>
  );
}

interface SetProps {
  put: (arn: string) => Promise<unknown>;
  test: (arn: string) => Change[];
  done: () => void;
  close: () => void;
}

function SetBoundary({ put, test, done, close }: SetProps) {
  const policies = useLoad(() => everything("ListPolicies", { MaxItems: 1000 }, "Policies"), []);
  const [arn, setArn] = useState("");
  const options = (policies.value ?? []).map(({ Arn = "", PolicyName = "" }) => ({ value: Arn, label: PolicyName }));
  return (
    <Dialog title={text.set} action={text.set} ready={arn !== ""} work={() => put(arn)} done={done} close={close}>
      <FormField label={text.policy} errorText={policies.error?.message}>
        <Select
          options={options}
          selectedOption={options.find((each) => each.value === arn) ?? null}
          statusType={policies.loading ? "loading" : "finished"}
          filteringType="auto"
          virtualScroll
          placeholder={text.choose}
          onChange={({ detail }) => setArn(detail.selectedOption.value ?? "")}
        />
      </FormField>
      <TestChange disabled={arn === ""} changes={() => test(arn)} />
    </Dialog>
  );
}
