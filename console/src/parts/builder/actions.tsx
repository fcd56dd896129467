/** Chooses the actions of a statement: of a service by access level, or with wildcards. */
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { useLoad } from "../../load";
import { strings } from "../../strings";
import { elementOf, putTexts, renamed, textsIn } from "../../work/policy-document";
import { everywhere, meant, type Words, wordsFor, wordsOf } from "../../work/vocabulary";
import type { FieldProps } from "./statement";
import { Section } from "./section";
import { Tokens } from "./tokens";

const text = strings.builder;
const WILD = /[*?]/;
const LEVELS = ["List", "Read", "Write", "Tagging", "Permissions management"];

export function ActionsField({ statement, put, kind }: FieldProps) {
  const element = elementOf(statement, "Action");
  const actions = textsIn(statement[element]) ?? [];
  const words = useLoad(() => wordsFor(actions), [actions.join(" ")]);
  const set = (changed: string[]) => put(putTexts(statement, element, changed, kind));
  const add = (...added: string[]) => set([...actions, ...added.filter((each) => !actions.includes(each))]);
  return (
    <Section title={text.actions}>
      <SegmentedControl
        label={text.whichActions}
        selectedId={element}
        options={Object.entries(text.actionModes).map(([id, label]) => ({ id, text: label }))}
        onChange={({ detail }) => put(renamed(element in statement ? statement : { ...statement, [element]: [] }, element, detail.selectedId))}
      />
      <Tokens
        items={actions.map((action) => ({ label: action, ...tagOf(action, words.value ?? []) }))}
        empty={text.noActions}
        remove={(at) => set(actions.toSpliced(at, 1))}
      />
      <ColumnLayout columns={2}>
        <ByService actions={actions} set={set} />
        <Pattern add={(pattern) => add(pattern)} />
      </ColumnLayout>
    </Section>
  );
}

/** How many actions a pattern means, where the reference knows its service. */
function tagOf(action: string, found: Words[]) {
  const words = found.find((each) => action.toLowerCase().startsWith(`${each.prefix}:`));
  return words && WILD.test(action) ? { labelTag: text.meaning(meant(words, [action]).length) } : {};
}

interface ByServiceProps {
  actions: string[];
  set: (actions: string[]) => void;
}

function ByService({ actions, set }: ByServiceProps) {
  const known = useLoad(everywhere, []);
  const [chosen, setChosen] = useState<string>();
  const prefix = chosen ?? actions.find((each) => each.includes(":"))?.split(":")[0]?.toLowerCase() ?? "";
  const words = useLoad(() => wordsOf(prefix), [prefix]);
  const options = (known.value?.services ?? []).map(([value, label]) => ({ value, label, description: value }));
  const optionsOf = (level: string) =>
    (words.value?.actions ?? []).flatMap(({ name, about, ...of }) => (of.level === level ? [{ value: `${prefix}:${name}`, label: name, description: about }] : []));
  const groups = LEVELS.map((label) => ({ label, options: optionsOf(label) })).filter((group) => group.options.length > 0);
  const all = groups.flatMap((group) => group.options);
  const selected = all.filter((option) => actions.includes(option.value));
  const choose = (values: (string | undefined)[]) => {
    const kept = actions.filter((each) => values.includes(each) || !all.some((option) => option.value === each));
    set([...kept, ...values.filter((each) => each !== undefined).filter((each) => !kept.includes(each))]);
  };
  return (
    <SpaceBetween size="s">
      <FormField label={text.service} errorText={known.error?.message}>
        <Select
          options={options}
          selectedOption={options.find((each) => each.value === prefix) ?? null}
          statusType={known.loading ? "loading" : "finished"}
          filteringType="auto"
          virtualScroll
          placeholder={text.chooseService}
          onChange={({ detail }) => setChosen(detail.selectedOption.value)}
        />
      </FormField>
      {words.value && (
        <FormField label={text.actionsOf(words.value.name)}>
          <Multiselect
            options={groups}
            selectedOptions={selected}
            filteringType="auto"
            virtualScroll
            hideTokens
            placeholder={text.chosen(selected.length)}
            onChange={({ detail }) => choose(detail.selectedOptions.map((each) => each.value))}
          />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function Pattern({ add }: { add: (pattern: string) => void }) {
  const [typed, setTyped] = useState("");
  const go = () => {
    add(typed.trim());
    setTyped("");
  };
  return (
    <SpaceBetween size="s">
      <FormField label={text.pattern} constraintText={text.patternHint} stretch>
        <Input
          value={typed}
          autoComplete={false}
          onChange={({ detail }) => setTyped(detail.value)}
          onKeyDown={({ detail }) => detail.key === "Enter" && typed.trim() && go()}
        />
      </FormField>
      <Button disabled={typed.trim() === ""} onClick={go}>
        {text.addAction}
      </Button>
    </SpaceBetween>
  );
}
