/** Chooses whom a statement is about. */
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";

import { useLoad } from "../../load";
import { useSession } from "../../session";
import { strings } from "../../strings";
import { put as putElement, type Principal, principalsIn, writtenPrincipals } from "../../work/policy-document";
import { everywhere } from "../../work/vocabulary";
import type { FieldProps } from "./statement";
import { Section } from "./section";
import { Tokens } from "./tokens";

const text = strings.builder;
const KINDS = Object.entries(text.principalKinds).map(([value, label]) => ({ value, label }));

export function PrincipalsField({ statement, put, kind }: FieldProps) {
  const principals = principalsIn(statement.Principal) ?? [];
  const { accountId } = useSession();
  const known = useLoad(everywhere, []);
  const [chosen, setChosen] = useState("AWS");
  const [name, setName] = useState("");
  const set = (changed: Principal[]) => put(putElement(statement, "Principal", writtenPrincipals(changed, statement.Principal), kind));
  const add = () => {
    const added: Principal = [chosen, chosen === "*" ? "" : name.trim()];
    if (!principals.some((each) => each[0] === added[0] && each[1] === added[1])) set([...principals, added]);
    setName("");
  };
  const offers = chosen === "Service" ? (known.value?.principals ?? []) : chosen === "AWS" ? [`arn:aws:iam::${accountId}:root`] : [];
  return (
    <Section title={text.principals}>
      <Tokens
        items={principals.map(([each, called]) => ({ label: called ? `${each}: ${called}` : "*" }))}
        empty="–"
        remove={(at) => set(principals.toSpliced(at, 1))}
      />
      <ColumnLayout columns={2}>
        <FormField label={text.principalKind}>
          <Select
            options={KINDS}
            selectedOption={KINDS.find((each) => each.value === chosen) ?? null}
            onChange={({ detail }) => setChosen(detail.selectedOption.value ?? "AWS")}
          />
        </FormField>
        <FormField
          label={text.principal}
          {...(chosen === "AWS" && { constraintText: text.principalHint })}
        >
          <Autosuggest
            value={name}
            disabled={chosen === "*"}
            options={offers.map((value) => ({ value }))}
            virtualScroll
            enteredTextLabel={text.useKey}
            onChange={({ detail }) => setName(detail.value)}
          />
        </FormField>
      </ColumnLayout>
      <Button disabled={chosen !== "*" && name.trim() === ""} onClick={add}>
        {text.addPrincipal}
      </Button>
    </Section>
  );
}
