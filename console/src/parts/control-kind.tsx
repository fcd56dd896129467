/** Chooses a type of the organization's policies. */
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";

import { strings } from "../strings";
import { CONTROL_KINDS, type ControlKind } from "../work/organization";

const text = strings.controls;
const OPTIONS = CONTROL_KINDS.map((value) => ({ value, label: text.kinds[value] }));

export function ControlKindField({ kind, choose }: { kind: ControlKind; choose: (kind: ControlKind) => void }) {
  return (
    <FormField label={text.kind}>
      <Select
        options={OPTIONS}
        selectedOption={OPTIONS.find((each) => each.value === kind) ?? null}
        onChange={({ detail }) => choose(detail.selectedOption.value as ControlKind)}
      />
    </FormField>
  );
}

/** The kind that a page's address names. */
export function kindIn(query: URLSearchParams): ControlKind {
  return CONTROL_KINDS.find((each) => each === query.get("kind")) ?? "SERVICE_CONTROL_POLICY";
}
