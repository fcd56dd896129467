/** Chooses the resources of a statement: as ARNs that are typed, or put together from the forms of the reference. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";

import { useLoad } from "../../load";
import { useSession } from "../../session";
import { strings } from "../../strings";
import { elementOf, putTexts, renamed, textsIn } from "../../work/policy-document";
import { filled } from "../../work/suggestions";
import { meant, wordsFor } from "../../work/vocabulary";
import { Dialog } from "../dialog";
import { Actions } from "../list";
import type { FieldProps } from "./statement";
import { Section } from "./section";
import { Tokens } from "./tokens";

const text = strings.builder;
const VARIABLES = /\$\{([A-Za-z]\w*)\}/g;

export function ResourcesField({ statement, put, kind, actions }: FieldProps & { actions: string[] }) {
  const element = elementOf(statement, "Resource");
  const resources = textsIn(statement[element]) ?? [];
  const [typed, setTyped] = useState("");
  const [building, setBuilding] = useState(false);
  const set = (changed: string[]) => put(putTexts(statement, element, changed, kind));
  const add = (arn: string) => {
    if (arn && !resources.includes(arn)) set([...resources, arn]);
    setTyped("");
    setBuilding(false);
  };
  return (
    <Section title={text.resources}>
      <SegmentedControl
        label={text.whichResources}
        selectedId={element}
        options={Object.entries(text.resourceModes).map(([id, label]) => ({ id, text: label }))}
        onChange={({ detail }) => put(renamed(element in statement ? statement : { ...statement, [element]: [] }, element, detail.selectedId))}
      />
      <Tokens items={resources.map((label) => ({ label }))} empty={text.noResources} remove={(at) => set(resources.toSpliced(at, 1))} />
      <FormField label={text.arn} stretch>
        <Input
          value={typed}
          autoComplete={false}
          onChange={({ detail }) => setTyped(detail.value)}
          onKeyDown={({ detail }) => detail.key === "Enter" && add(typed.trim())}
        />
      </FormField>
      <Actions>
        <Button disabled={typed.trim() === ""} onClick={() => add(typed.trim())}>
          {text.addResource}
        </Button>
        <Button onClick={() => setBuilding(true)}>{text.buildArn}</Button>
      </Actions>
      {building && <BuildArn actions={actions} done={add} close={() => setBuilding(false)} />}
    </Section>
  );
}

interface BuildProps {
  actions: string[];
  done: (arn: string) => void;
  close: () => void;
}

function BuildArn({ actions, done, close }: BuildProps) {
  const { accountId } = useSession();
  const forms = useLoad(async () => {
    const found = await wordsFor(actions);
    return found.flatMap((words) => {
      const fitting = new Set(meant(words, actions).flatMap((each) => each.resources));
      const options = words.resources.map(({ name, arn }) => ({ value: filled(arn, accountId), label: name, description: arn, fits: fitting.has(name) }));
      return options.sort((one, other) => Number(other.fits) - Number(one.fits));
    });
  }, [actions.join(" ")]);
  const [form, setForm] = useState("");
  const [values, setValues] = useState<Record<string, string>>({});
  const arn = form.replace(VARIABLES, (_, name: string) => values[name] || "*");
  const names = [...form.matchAll(VARIABLES)].map((each) => each[1]!);
  return (
    <Dialog title={text.buildArn} action={text.addResource} ready={form !== ""} work={() => Promise.resolve()} done={() => done(arn)} close={close}>
      <FormField label={text.resourceType} errorText={forms.error?.message}>
        <Select
          options={forms.value ?? []}
          selectedOption={forms.value?.find((each) => each.value === form) ?? null}
          statusType={forms.loading ? "loading" : "finished"}
          filteringType="auto"
          placeholder={text.chooseResourceType}
          empty={text.noForms}
          onChange={({ detail }) => setForm(detail.selectedOption.value ?? "")}
        />
      </FormField>
      {names.map((name) => (
        <FormField key={name} label={name} constraintText={text.variableHint}>
          <Input value={values[name] ?? ""} placeholder="*" autoComplete={false} onChange={({ detail }) => setValues({ ...values, [name]: detail.value })} />
        </FormField>
      ))}
      {form && (
        <FormField label={text.preview}>
          <Box variant="code">{arn}</Box>
        </FormField>
      )}
    </Dialog>
  );
}
