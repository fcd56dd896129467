/** Makes a role, step by step: who may assume it, what it may do, its name and a look at everything. */
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useNavigate } from "react-router";

import { type Doing, useDoing } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { PolicyPicker } from "../parts/attach";
import { Facts } from "../parts/facts";
import { Pre } from "../parts/pre";
import { Refused } from "../parts/states";
import { Steps } from "../parts/steps";
import { TagFields } from "../parts/tags";
import { TrustedEntity } from "../parts/trusted-entity";
import { useSession } from "../session";
import { strings } from "../strings";
import { createRole, neededFor, type NewRole } from "../work/roles";
import { lacking, somebody, trustPolicy } from "../work/trust";

const text = strings.roleCreate;

export default function RoleCreate() {
  usePage([strings.roles.title, "/roles"], [text.title, "/roles/create"]);
  const session = useSession();
  const [trusted, setTrusted] = useState(somebody(session.accountId));
  const [role, setRole] = useState<NewRole>({ name: "", description: "", trust: "", policies: [], tags: [] });
  const [step, setStep] = useState(0);
  const [insisting, setInsisting] = useState(false);
  const doing = useDoing();
  const navigate = useNavigate();
  const tell = useTell();
  const put = (changes: Partial<NewRole>) => setRole((before) => ({ ...before, ...changes }));
  const go = (to: number) => {
    const blocked = to > 0 && lacking(trusted).length > 0;
    setInsisting(blocked);
    if (blocked) return setStep(0);
    put({ trust: trustPolicy(trusted) });
    setStep(to);
  };
  const submit = async () => {
    setInsisting(role.name === "");
    if (role.name === "" || !(await doing.run(() => createRole(role)))) return;
    tell("success", text.made(role.name));
    void navigate(path`/roles/${role.name}`);
  };
  const choose = (arns: string[]) => put({ policies: arns });
  const entity = <TrustedEntity trusted={trusted} put={(changes) => setTrusted((before) => ({ ...before, ...changes }))} insisting={insisting} />;
  const permissions = <PolicyPicker variant="container" choose={(chosen) => choose(chosen.map((each) => each.Arn ?? ""))} />;
  return (
    <Steps
      steps={[
        { title: text.who, content: entity },
        { title: text.what, content: permissions, isOptional: true },
        { title: text.review, content: <Review role={role} put={put} doing={doing} insisting={insisting} /> },
      ]}
      step={step}
      go={go}
      action={strings.roles.create}
      needs={neededFor(role)}
      busy={doing.busy}
      make={() => void submit()}
      cancel={() => void navigate("/roles")}
    />
  );
}

interface ReviewProps {
  role: NewRole;
  put: (changes: Partial<NewRole>) => void;
  doing: Doing;
  insisting: boolean;
}

function Review({ role, put, doing, insisting }: ReviewProps) {
  const names = role.policies.map((arn) => arn.split("/").at(-1)).join(", ");
  return (
    <SpaceBetween size="l">
      <Refused error={doing.error} />
      <Container>
        <SpaceBetween size="m">
          <FormField label={text.roleName} constraintText={text.nameHint} errorText={insisting && role.name === "" && text.missing}>
            <Input value={role.name} autoComplete={false} onChange={({ detail }) => put({ name: detail.value })} />
          </FormField>
          <FormField label={text.about} constraintText={text.aboutHint}>
            <Textarea value={role.description} rows={2} onChange={({ detail }) => put({ description: detail.value })} />
          </FormField>
        </SpaceBetween>
      </Container>
      <Facts facts={{ [text.policies]: names || "–" }} />
      <Container header={<Header variant="h2">{text.trust}</Header>}>
        <Pre>{role.trust}</Pre>
      </Container>
      <Container header={<Header variant="h2">{strings.tags.title}</Header>}>
        <TagFields tags={role.tags} change={(tags) => put({ tags })} />
      </Container>
    </SpaceBetween>
  );
}
