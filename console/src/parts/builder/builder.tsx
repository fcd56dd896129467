/** A policy as forms: a statement each. Whatever no form shows is told, and stays as it is. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { strings } from "../../strings";
import { elementOf, opened, type Statement, textsIn, written } from "../../work/policy-document";
import type { StatementKind } from "../../work/policy-kinds";
import { Actions } from "../list";
import { StatementForm } from "./statement";

const text = strings.builder;
const NEW: Record<StatementKind, Statement> = {
  identity: { Effect: "Allow", Action: [], Resource: [] },
  trust: { Effect: "Allow", Principal: {}, Action: "sts:AssumeRole" },
  scp: { Effect: "Deny", Action: [], Resource: "*" },
  rcp: { Effect: "Deny", Principal: "*", Action: [], Resource: "*" },
};

interface Props {
  value: string;
  change: (value: string) => void;
  kind: StatementKind;
}

export default function Builder({ value, change, kind }: Props) {
  const document = opened(value);
  if (typeof document === "string") return <Alert type="info">{text.unshown[document]}</Alert>;
  const { statements } = document;
  const put = (changed: Statement[]) => change(written(document, changed));
  const swapped = (at: number) => statements.with(at - 1, statements[at]!).with(at, statements[at - 1]!);
  return (
    <SpaceBetween size="s">
      {statements.map((statement, at) => (
        <ExpandableSection
          key={at}
          variant="stacked"
          defaultExpanded={statements.length === 1 || at === statements.length - 1}
          headerText={text.statement(at + 1)}
          headerDescription={summary(statement)}
          headerActions={
            <Actions>
              {at > 0 && (
                <Button iconName="arrow-up" ariaLabel={`${text.moveUp}: ${text.statement(at + 1)}`} variant="inline-icon" onClick={() => put(swapped(at))} />
              )}
              <Button
                ariaLabel={`${text.removeStatement}: ${text.statement(at + 1)}`}
                iconName="remove"
                variant="inline-icon"
                onClick={() => put(statements.toSpliced(at, 1))}
              />
            </Actions>
          }
        >
          <StatementForm statement={statement} put={(changed) => put(statements.with(at, changed))} kind={kind} />
        </ExpandableSection>
      ))}
      <Button iconName="add-plus" onClick={() => put([...statements, NEW[kind]])}>
        {text.addStatement}
      </Button>
    </SpaceBetween>
  );
}

/** In a line, what a statement says. */
function summary(statement: Statement): string {
  const parts = [statement.Sid, statement.Effect].filter((each) => typeof each === "string");
  for (const element of [elementOf(statement, "Action"), elementOf(statement, "Resource")]) {
    const texts = textsIn(statement[element]) ?? [];
    if (texts.length > 0) parts.push(`${element}: ${texts.slice(0, 2).join(", ")}${texts.length > 2 ? " …" : ""}`);
  }
  return parts.join(" · ");
}
