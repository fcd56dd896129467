/** The policy simulator: what an identity may do. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { type Loaded, useDoing } from "../load";
import { usePage } from "../page";
import { ActionButton } from "../parts/action-button";
import { List } from "../parts/list";
import { PrincipalField } from "../parts/principal-field";
import { Refused } from "../parts/states";
import { Decision, Reasons } from "../parts/verdict";
import { strings } from "../strings";
import { type ContextEntry, linesOf, simulate, type Verdict } from "../work/simulation";

const text = strings.simulator;
const KINDS = ["user", "group", "role"] as const;
const HALF = { default: 12, s: 6 };

export default function Simulator() {
  usePage([text.title, "/simulator"]);
  const [query, setQuery] = useSearchParams();
  const principal = query.get("principal") ?? "";
  const [actions, setActions] = useState("");
  const [resources, setResources] = useState("");
  const [context, setContext] = useState<ContextEntry[]>([]);
  const [verdicts, setVerdicts] = useState<Verdict[]>([]);
  const doing = useDoing();
  const ready = principal !== "" && linesOf(actions).length > 0;
  const run = () => doing.run(async () => setVerdicts(await simulate(principal, linesOf(actions), linesOf(resources), context)));
  const button = (
    <ActionButton needs="iam:SimulatePrincipalPolicy" variant="primary" loading={doing.busy} disabled={!ready} onClick={() => void run()}>
      {text.run}
    </ActionButton>
  );
  return (
    <ContentLayout header={<Header variant="h1" description={text.description} actions={button}>{text.title}</Header>}>
      <SpaceBetween size="l">
        <Refused error={doing.error} />
        <Container>
          <SpaceBetween size="l">
            <PrincipalField label={text.principal} kinds={KINDS} principal={principal} choose={(arn) => setQuery({ principal: arn }, { replace: true })} />
            <Grid gridDefinition={[{ colspan: HALF }, { colspan: HALF }]}>
              <FormField label={text.actions} description={text.actionsHint} stretch>
                <Textarea value={actions} rows={4} spellcheck={false} onChange={({ detail }) => setActions(detail.value)} />
              </FormField>
              <FormField label={text.resources} description={text.resourcesHint} stretch>
                <Textarea value={resources} rows={4} spellcheck={false} onChange={({ detail }) => setResources(detail.value)} />
              </FormField>
            </Grid>
            <FormField label={text.context} stretch>
              <ContextFields context={context} change={setContext} />
            </FormField>
          </SpaceBetween>
        </Container>
        <Results from={{ value: verdicts, loading: doing.busy, reload: () => ready && void run() }} />
      </SpaceBetween>
    </ContentLayout>
  );
}

function ContextFields({ context, change }: { context: ContextEntry[]; change: (context: ContextEntry[]) => void }) {
  const field = (part: keyof ContextEntry, label: string, hint?: string) => ({
    label,
    ...(hint && { constraintText: hint }),
    control: (entry: ContextEntry, index: number) => (
      <Input
        value={entry[part]}
        ariaLabel={`${label} ${index + 1}`}
        onChange={({ detail }) => change(context.map((each, at) => (at === index ? { ...each, [part]: detail.value } : each)))}
      />
    ),
  });
  return (
    <AttributeEditor
      items={context}
      definition={[field("key", text.contextKey), field("values", text.contextValue, text.contextHint)]}
      addButtonText={text.addContext}
      removeButtonText={text.removeContext}
      empty={text.noContext}
      onAddButtonClick={() => change([...context, { key: "", values: "" }])}
      onRemoveButtonClick={({ detail }) => change(context.filter((_, at) => at !== detail.itemIndex))}
    />
  );
}

function Results({ from }: { from: Loaded<Verdict[]> }) {
  return (
    <List
      title={text.results}
      variant="container"
      from={from}
      trackBy="id"
      empty={text.nothing}
      sortedBy=""
      columns={[
        { id: "action", header: text.action, cell: (each) => each.action, sortingField: "action", isRowHeader: true },
        { id: "resource", header: text.resource, cell: (each) => each.resource, sortingField: "resource" },
        { id: "decision", header: text.decision, cell: (each) => <Decision verdict={each} />, sortingField: "decision" },
        { id: "why", header: text.why, cell: (each) => <Reasons verdict={each} /> },
      ]}
    />
  );
}
