/** Chooses a user, group or role of the account. */
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";

import { useLoad } from "../load";
import { strings } from "../strings";
import type { IdentityKind } from "../work/identities";
import { shortName } from "../work/pictures";
import { identities } from "../work/simulation";

const text = strings.simulator;

interface Props {
  label: string;
  kinds: readonly IdentityKind[];
  /** Its ARN; also that of somebody who is in no list, such as a session. */
  principal: string;
  choose: (arn: string) => void;
}

export function PrincipalField({ label, kinds, principal, choose }: Props) {
  const all = useLoad(() => identities(...kinds), []);
  const groups = kinds.map((kind) => ({
    label: text.kinds[kind],
    options: (all.value ?? []).filter((each) => each.kind === kind).map((each) => ({ value: each.arn, label: each.name })),
  }));
  const known = groups.flatMap((group) => group.options).find((option) => option.value === principal);
  const chosen = known ?? (principal ? { value: principal, label: shortName(principal) } : null);
  return (
    <FormField label={label} errorText={all.error?.message} stretch>
      <Select
        options={groups.filter((group) => group.options.length > 0)}
        selectedOption={chosen}
        statusType={all.loading ? "loading" : "finished"}
        filteringType="auto"
        placeholder={text.choosePrincipal}
        onChange={({ detail }) => choose(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
}
