/** The conditions of a statement, by operator, key and values. */
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { Refusal } from "../../api";
import { useLoad } from "../../load";
import { strings } from "../../strings";
import { type Condition, conditionsIn, put as putElement, valuesOf, writtenConditions, writtenValues } from "../../work/policy-document";
import { keysFor } from "../../work/suggestions";
import { everywhere } from "../../work/vocabulary";
import { Dialog } from "../dialog";
import { Section } from "./section";
import type { FieldProps } from "./statement";

const text = strings.builder;

export function ConditionsField({ statement, put, kind, actions }: FieldProps & { actions: string[] }) {
  const conditions = conditionsIn(statement.Condition) ?? [];
  const [open, setOpen] = useState<number>();
  const set = (changed: Condition[]) => put(putElement(statement, "Condition", writtenConditions(changed), kind));
  const save = (changed: Condition) => {
    set(open === conditions.length ? [...conditions, changed] : conditions.with(open ?? 0, changed));
    setOpen(undefined);
  };
  return (
    <Section title={text.conditions}>
      {conditions.length === 0 && <Box color="text-body-secondary">{text.noConditions}</Box>}
      {conditions.map((condition, at) => (
        <SpaceBetween key={at} direction="horizontal" size="xs" alignItems="center">
          <Box variant="code">{`${condition.operator}  ${condition.key}  ${valuesOf(condition).join(", ")}`}</Box>
          <Button iconName="edit" variant="inline-icon" ariaLabel={text.edit(condition.key)} onClick={() => setOpen(at)} />
          <Button iconName="remove" variant="inline-icon" ariaLabel={text.remove(condition.key)} onClick={() => set(conditions.toSpliced(at, 1))} />
        </SpaceBetween>
      ))}
      <Button onClick={() => setOpen(conditions.length)}>{text.addCondition}</Button>
      {open !== undefined && (
        <EditCondition present={conditions[open]} others={conditions.toSpliced(open, 1)} actions={actions} save={save} close={() => setOpen(undefined)} />
      )}
    </Section>
  );
}

interface EditProps {
  present: Condition | undefined;
  others: Condition[];
  actions: string[];
  save: (condition: Condition) => void;
  close: () => void;
}

const PARTS = /^(ForAnyValue:|ForAllValues:|)(.*?)(IfExists|)$/;

function EditCondition({ present, others, actions, save, close }: EditProps) {
  const [, before = "", base = "", behind = ""] = PARTS.exec(present?.operator ?? "StringEquals") ?? [];
  const [qualifier, setQualifier] = useState(before);
  const [operator, setOperator] = useState(base);
  const [ifExists, setIfExists] = useState(behind !== "");
  const [key, setKey] = useState(present?.key ?? "");
  const given = present && valuesOf(present).join("\n");
  const [values, setValues] = useState(given ?? "");
  const known = useLoad(everywhere, []);
  const keys = useLoad(() => keysFor(actions), [actions.join(" ")]);
  const qualifiers = Object.entries(text.qualifiers).map(([value, label]) => ({ value, label }));
  const operators = (known.value?.operators ?? [base]).map((value) => ({ value }));
  const isNull = operator === "Null";
  const made = (): Condition => ({
    operator: isNull ? operator : `${qualifier}${operator}${ifExists ? "IfExists" : ""}`,
    key: key.trim(),
    written: present && values === given ? present.written : writtenValues(values.split("\n").filter(Boolean), present?.written),
  });
  const check = () => {
    const taken = others.some((each) => each.operator === made().operator && each.key.toLowerCase() === made().key.toLowerCase());
    return taken ? Promise.reject(new Refusal("Twice", text.twice)) : Promise.resolve();
  };
  return (
    <Dialog
      title={present ? text.editCondition : text.addCondition}
      action={text.save}
      ready={key.trim() !== "" && (values.trim() !== "" || values === given)}
      work={check}
      done={() => save(made())}
      close={close}
    >
      <FormField label={text.key} errorText={keys.error?.message}>
        <Autosuggest
          value={key}
          options={(keys.value ?? []).map(([value, type, , about]) => ({ value, labelTag: type, description: about }))}
          virtualScroll
          enteredTextLabel={text.useKey}
          onChange={({ detail }) => setKey(detail.value)}
        />
      </FormField>
      {!isNull && (
        <FormField label={text.qualifier}>
          <Select
            options={qualifiers}
            selectedOption={qualifiers.find((each) => each.value === qualifier) ?? null}
            onChange={({ detail }) => setQualifier(detail.selectedOption.value ?? "")}
          />
        </FormField>
      )}
      <FormField label={text.operator}>
        <Select
          options={operators}
          selectedOption={{ value: operator }}
          filteringType="auto"
          onChange={({ detail }) => setOperator(detail.selectedOption.value ?? "")}
        />
      </FormField>
      {!isNull && (
        <Checkbox checked={ifExists} onChange={({ detail }) => setIfExists(detail.checked)}>
          {text.ifExists}
        </Checkbox>
      )}
      <FormField label={text.values} constraintText={text.valuesHint}>
        <Textarea value={values} rows={3} spellcheck={false} onChange={({ detail }) => setValues(detail.value)} />
      </FormField>
    </Dialog>
  );
}
