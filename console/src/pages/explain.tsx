/** Explains a request: one that somebody would make, or one that was denied. Both are part of the page's address. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
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

import { useLoad } from "../load";
import { usePage } from "../page";
import { ActionButton } from "../parts/action-button";
import { Explained } from "../parts/explanation";
import { PrincipalField } from "../parts/principal-field";
import { Nothing, Show } from "../parts/states";
import { strings } from "../strings";
import { type Asked, explain, explainDenial, explainEvent, type Explanation } from "../work/explaining";

const text = strings.explain;
const HALF = { default: 12, s: 6 };
const PARTS = ["principal", "action", "resource", "context"] as const;

export default function Explain() {
  usePage([text.title, "/explain"]);
  const [query, setQuery] = useSearchParams();
  const [denial, event] = [query.get("denial"), query.get("event")];
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={text.description}>
          {text.title}
        </Header>
      }
    >
      {denial && <OfRecord note={text.ofDenial} ask={() => explainDenial(denial)} id={denial} />}
      {event && <OfRecord note={text.ofEvent} ask={() => explainEvent(event)} id={event} />}
      {!denial && !event && <OfRequest key={query.toString()} query={query} ask={(asked) => setQuery(queryOf(asked))} />}
    </ContentLayout>
  );
}

function queryOf(asked: Asked): Record<string, string> {
  return Object.fromEntries(PARTS.filter((part) => asked[part] !== "").map((part) => [part, asked[part]]));
}

function OfRecord({ note, ask, id }: { note: string; ask: () => Promise<Explanation>; id: string }) {
  const found = useLoad(ask, [id]);
  if (found.error?.code === "ResourceNotFoundException") return <Alert type="info">{strings.events.whyNot}</Alert>;
  return (
    <SpaceBetween size="l">
      <Alert type="info">{note}</Alert>
      <Show from={found}>{(explanation) => <Explained found={explanation} />}</Show>
    </SpaceBetween>
  );
}

function OfRequest({ query, ask }: { query: URLSearchParams; ask: (asked: Asked) => void }) {
  const given = Object.fromEntries(PARTS.map((part) => [part, query.get(part) ?? ""])) as unknown as Asked;
  const [typed, setTyped] = useState(given);
  const put = (part: keyof Asked) => (value: string) => setTyped((now) => ({ ...now, [part]: value }));
  const ready = typed.principal !== "" && typed.action.trim() !== "";
  const complete = given.principal !== "" && given.action !== "";
  return (
    <SpaceBetween size="l">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) ask({ ...typed, action: typed.action.trim(), resource: typed.resource.trim() });
        }}
      >
        <Container footer={<Box float="right"><ActionButton needs="iamd:ExplainAccess" variant="primary" disabled={!ready}>{text.ask}</ActionButton></Box>}>
          <Grid gridDefinition={[{ colspan: HALF }, { colspan: HALF }, { colspan: HALF }, { colspan: HALF }]}>
            <PrincipalField label={text.principal} kinds={["user", "role"]} principal={typed.principal} choose={put("principal")} />
            <FormField label={text.action} constraintText={text.actionHint} stretch>
              <Input value={typed.action} spellcheck={false} onChange={({ detail }) => put("action")(detail.value)} />
            </FormField>
            <FormField label={text.resource} constraintText={text.resourceHint} stretch>
              <Input value={typed.resource} spellcheck={false} onChange={({ detail }) => put("resource")(detail.value)} />
            </FormField>
            <FormField label={text.context} constraintText={text.contextHint} stretch>
              <Textarea value={typed.context} rows={2} spellcheck={false} onChange={({ detail }) => put("context")(detail.value)} />
            </FormField>
          </Grid>
        </Container>
      </form>
      {complete ? <Answer asked={given} /> : <Nothing title={text.nothing} />}
    </SpaceBetween>
  );
}

function Answer({ asked }: { asked: Asked }) {
  const found = useLoad(() => explain(asked), [JSON.stringify(asked)]);
  return <Show from={found}>{(explanation) => <Explained found={explanation} />}</Show>;
}
