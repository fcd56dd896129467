/** One statement as a form. */
import Alert from "@cloudscape-design/components/alert";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { strings } from "../../strings";
import { put, type Statement, textsIn, elementOf, unshownIn } from "../../work/policy-document";
import type { StatementKind } from "../../work/policy-kinds";
import { ActionsField } from "./actions";
import { ConditionsField } from "./conditions";
import { PrincipalsField } from "./principals";
import { ResourcesField } from "./resources";

const text = strings.builder;
export interface FieldProps {
  statement: Statement;
  put: (statement: Statement) => void;
  kind: StatementKind;
}

export function StatementForm(props: FieldProps) {
  const { statement, kind } = props;
  const unshown = unshownIn(statement, kind);
  const shows = (...names: string[]) => !names.some((name) => unshown.includes(name));
  const actions = textsIn(statement[elementOf(statement, "Action")]) ?? [];
  const set = (name: string, value: string) => props.put(put(statement, name, value || undefined, kind));
  return (
    <SpaceBetween size="l">
      <ColumnLayout columns={2}>
        {shows("Effect") && (
          <FormField label={text.effect}>
            <RadioGroup
              direction="horizontal"
              value={typeof statement.Effect === "string" ? statement.Effect : null}
              items={(["Allow", "Deny"] as const).map((value) => ({ value, label: text.effects[value] }))}
              onChange={({ detail }) => set("Effect", detail.value)}
            />
          </FormField>
        )}
        {shows("Sid") && (
          <FormField label={text.sid} constraintText={text.sidHint}>
            <Input value={typeof statement.Sid === "string" ? statement.Sid : ""} autoComplete={false} onChange={({ detail }) => set("Sid", detail.value)} />
          </FormField>
        )}
      </ColumnLayout>
      {(kind === "trust" || kind === "rcp") && shows("Principal", "NotPrincipal") && <PrincipalsField {...props} />}
      {shows("Action", "NotAction") && <ActionsField {...props} />}
      {kind !== "trust" && shows("Resource", "NotResource") && <ResourcesField {...props} actions={actions} />}
      {shows("Condition") && <ConditionsField {...props} actions={actions} />}
      {unshown.length > 0 && <Alert type="info">{text.other(unshown.join(", "))}</Alert>}
    </SpaceBetween>
  );
}
