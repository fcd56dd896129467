/** Chooses a root, unit or account of the organization. */
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";

import { useLoad } from "../load";
import { strings } from "../strings";
import { flat, theTree } from "../work/organization";

const text = strings.controls;

interface Props {
  target: string;
  choose: (target: string) => void;
  /** Those that are not offered. */
  but?: string[];
  optional?: boolean;
}

export function TargetField({ target, choose, but = [], optional = true }: Props) {
  const tree = useLoad(theTree, []);
  const kinds = strings.organization.kinds;
  const nodes = flat(tree.value ?? []).filter((each) => !but.includes(each.id));
  const options = [
    ...(optional ? [{ value: "", label: text.nothing }] : []),
    ...nodes.map(({ id, name, kind }) => ({ value: id, label: name, description: `${kinds[kind]} ${id}` })),
  ];
  return (
    <FormField label={text.attachTo} {...(optional && { description: text.attachToHint })} errorText={tree.error?.message}>
      <Select
        options={options}
        selectedOption={options.find((each) => each.value === target) ?? null}
        statusType={tree.loading ? "loading" : "finished"}
        filteringType="auto"
        virtualScroll
        onChange={({ detail }) => choose(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
}
