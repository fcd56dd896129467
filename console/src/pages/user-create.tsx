/** Makes a user, step by step: who it is, what it may do, a look at everything. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";

import { useDoing } from "../load";
import { path, signInUrl } from "../links";
import { usePage } from "../page";
import { PolicyPicker, type Policy } from "../parts/attach";
import { Facts } from "../parts/facts";
import { GroupPicker } from "../parts/memberships";
import { Secrets } from "../parts/secret";
import { Refused } from "../parts/states";
import { Steps } from "../parts/steps";
import { type Tag, TagFields } from "../parts/tags";
import { useSession } from "../session";
import { strings } from "../strings";
import { createUser, madeUpPassword, neededFor, type NewUser } from "../work/users";

const text = strings.userCreate;
const NOBODY: NewUser = { name: "", signsIn: false, ownPassword: false, password: "", mustChange: true, groups: [], policies: [], tags: [] };

export default function UserCreate() {
  usePage([strings.users.title, "/users"], [text.title, "/users/create"]);
  const [user, setUser] = useState(NOBODY);
  const [step, setStep] = useState(0);
  const [made, setMade] = useState(false);
  const doing = useDoing();
  const navigate = useNavigate();
  const put = (changes: Partial<NewUser>) => setUser((before) => ({ ...before, ...changes }));
  const submit = async () => {
    const filled = user.signsIn && user.password === "" ? { ...user, password: madeUpPassword() } : user;
    setUser(filled);
    if (!(await doing.run(() => createUser(filled)))) return;
    if (user.signsIn) setMade(true);
    else void navigate(path`/users/${user.name}`);
  };
  if (made) return <Made user={user} />;
  const steps = [
    { title: text.who, content: <Who user={user} put={put} /> },
    { title: text.what, content: <What user={user} put={put} />, isOptional: true },
    { title: text.review, content: <Review user={user} put={put} error={<Refused error={doing.error} />} /> },
  ];
  return (
    <Steps
      steps={steps}
      step={step}
      go={(to) => {
        if (step > 0 || user.name !== "") setStep(to);
      }}
      action={strings.users.create}
      needs={neededFor(user)}
      busy={doing.busy}
      make={() => void submit()}
      cancel={() => void navigate("/users")}
    />
  );
}

interface StepProps {
  user: NewUser;
  put: (changes: Partial<NewUser>) => void;
}

function Who({ user, put }: StepProps) {
  const own = user.ownPassword;
  return (
    <Container>
      <SpaceBetween size="m">
        <FormField label={strings.users.name} constraintText={text.nameHint}>
          <Input value={user.name} autoComplete={false} onChange={({ detail }) => put({ name: detail.value })} />
        </FormField>
        <Checkbox checked={user.signsIn} onChange={({ detail }) => put({ signsIn: detail.checked })}>
          {text.signsIn}
        </Checkbox>
        {user.signsIn && (
          <>
            <RadioGroup
              ariaLabel={strings.consoleAccess.password}
              value={own ? "own" : "made-up"}
              onChange={({ detail }) => put({ ownPassword: detail.value === "own", password: "" })}
              items={[
                { value: "made-up", label: text.madeUp },
                { value: "own", label: text.own },
              ]}
            />
            {own && (
              <FormField label={strings.consoleAccess.password} description={strings.consoleAccess.passwordHint}>
                <Input
                  type="password"
                  value={user.password}
                  autoComplete="new-password"
                  onChange={({ detail }) => put({ password: detail.value })}
                />
              </FormField>
            )}
            <Checkbox checked={user.mustChange} onChange={({ detail }) => put({ mustChange: detail.checked })}>
              {strings.consoleAccess.mustChange}
            </Checkbox>
          </>
        )}
      </SpaceBetween>
    </Container>
  );
}

function What({ user, put }: StepProps) {
  const choose = (chosen: Policy[]) => put({ policies: chosen.map((policy) => policy.Arn ?? "") });
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{strings.memberships.title}</Header>}>
        <GroupPicker chosen={user.groups} choose={(groups) => put({ groups })} />
      </Container>
      <PolicyPicker variant="container" choose={choose} />
    </SpaceBetween>
  );
}

function Review({ user, put, error }: StepProps & { error: ReactNode }) {
  return (
    <SpaceBetween size="l">
      {error}
      <Facts
        facts={{
          [strings.users.name]: user.name,
          [strings.consoleAccess.title]: user.signsIn ? strings.consoleAccess.on : strings.consoleAccess.off,
          [strings.memberships.title]: user.groups.join(", ") || "–",
          [strings.permissions.title]: user.policies.map((arn) => arn.split("/").at(-1)).join(", ") || "–",
        }}
      />
      <Container header={<Header variant="h2">{strings.tags.title}</Header>}>
        <TagFields tags={user.tags} change={(tags: Tag[]) => put({ tags })} />
      </Container>
    </SpaceBetween>
  );
}

function Made({ user }: { user: NewUser }) {
  const navigate = useNavigate();
  const session = useSession();
  return (
    <Container header={<Header variant="h1">{text.made(user.name)}</Header>}>
      <SpaceBetween size="l">
        <Alert type="success">{text.madeWhat}</Alert>
        <Secrets
          values={{
            [text.url]: signInUrl(session),
            [strings.users.name]: user.name,
            [strings.consoleAccess.password]: user.password,
          }}
          hidden={[strings.consoleAccess.password]}
          file={`${user.name}_credentials.csv`}
        />
        <Box>
          <Button variant="primary" onClick={() => void navigate(path`/users/${user.name}`)}>
            {text.toUser}
          </Button>
        </Box>
      </SpaceBetween>
    </Container>
  );
}
