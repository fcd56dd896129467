/** Asks of every user and role whether it may do something. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useRef, useState } from "react";

import { useDoing } from "../load";
import { explanationPage, path, PageLink } from "../links";
import { usePage } from "../page";
import { ActionButton } from "../parts/action-button";
import { Actions, List } from "../parts/list";
import { Refused } from "../parts/states";
import { Reasons } from "../parts/verdict";
import { strings } from "../strings";
import { type Identity, identities, simulate, type Verdict } from "../work/simulation";

const text = strings.whoCan;
const HALF = { default: 12, s: 6 };
type Holder = Identity & { kind: "user" | "role"; verdict: Verdict };

export default function WhoCan() {
  usePage([text.title, "/who-can"]);
  const [action, setAction] = useState("");
  const [resource, setResource] = useState("");
  const { asked, doing, ask: askOf, stop } = useAsking();
  const ready = action.trim() !== "";
  const ask = () => ready && askOf(action.trim(), resource.trim());
  const actions = (
    <Actions>
      {doing.busy && <Button onClick={stop}>{text.stop}</Button>}
      <ActionButton needs="iam:SimulatePrincipalPolicy" variant="primary" loading={doing.busy} disabled={!ready} onClick={ask}>
        {text.ask}
      </ActionButton>
    </Actions>
  );
  return (
    <ContentLayout header={<Header variant="h1" description={text.description} actions={actions}>{text.title}</Header>}>
      <SpaceBetween size="l">
        <Refused error={doing.error} />
        <Container>
          <Grid gridDefinition={[{ colspan: HALF }, { colspan: HALF }]}>
            <FormField label={text.action} description={text.actionHint} stretch>
              <Input value={action} spellcheck={false} onChange={({ detail }) => setAction(detail.value)} />
            </FormField>
            <FormField label={text.resource} description={text.resourceHint} stretch>
              <Input value={resource} spellcheck={false} onChange={({ detail }) => setResource(detail.value)} />
            </FormField>
          </Grid>
          {asked && (
            <ProgressBar
              ariaLabel={text.progress}
              value={asked.all === 0 ? 100 : (100 * asked.done) / asked.all}
              additionalInfo={text.asking(asked.done, asked.all)}
            />
          )}
        </Container>
        <List
          title={text.results}
          variant="container"
          from={{ value: asked?.holders ?? [], loading: doing.busy, reload: ask }}
          trackBy="arn"
          empty={asked ? text.nobody : text.nothing}
          columns={[
            { id: "name", header: text.name, cell: (each) => <Holding holder={each} />, sortingField: "name", isRowHeader: true },
            { id: "kind", header: text.kind, cell: (each) => text.kinds[each.kind], sortingField: "kind" },
            { id: "why", header: strings.simulator.why, cell: (each) => <Reasons verdict={each.verdict} /> },
          {
            id: "explain",
            header: strings.explain.title,
            cell: (each) => <PageLink to={explanationPage(each.arn, each.verdict.action, each.verdict.resource)}>{strings.explain.see}</PageLink>,
          },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}

function Holding({ holder }: { holder: Holder }) {
  return <PageLink to={holder.kind === "user" ? path`/users/${holder.name}` : path`/roles/${holder.name}`}>{holder.name}</PageLink>;
}

interface Asked {
  done: number;
  all: number;
  holders: Holder[];
}

/** One identity after the other, so that everybody else is served as ever; leaving the page stops it. */
function useAsking() {
  const [asked, setAsked] = useState<Asked>();
  const doing = useDoing();
  const going = useRef(false);
  const stop = () => {
    going.current = false;
  };
  useEffect(() => stop, []);
  const work = async (action: string, resource: string) => {
    going.current = true;
    const all = await identities("user", "role");
    const holders: Holder[] = [];
    setAsked({ done: 0, all: all.length, holders });
    for (const [at, identity] of all.entries()) {
      if (!going.current) return;
      const [verdict] = await simulate(identity.arn, [action], resource ? [resource] : [], []);
      if (verdict?.decision === "allowed") holders.push({ ...(identity as Identity & { kind: "user" | "role" }), verdict });
      setAsked({ done: at + 1, all: all.length, holders: [...holders] });
    }
  };
  return { asked, doing, stop, ask: (action: string, resource: string) => void doing.run(() => work(action, resource)) };
}
