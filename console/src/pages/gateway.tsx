/** The gateway: where requests for other services go, what was not allowed of them, and what they need. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { type Loaded, mapped, useDoing, useLoad } from "../load";
import { path, PageLink, principalPage } from "../links";
import { usePage } from "../page";
import { ActionButton } from "../parts/action-button";
import { Facts } from "../parts/facts";
import { List } from "../parts/list";
import { Pre } from "../parts/pre";
import { Nothing, Refused, Show } from "../parts/states";
import { Ago } from "../parts/time";
import { strings } from "../strings";
import { EVERYTHING, type Gateway, type Learned, learnedPolicies, theGateway, upstreamOf } from "../work/gateway";

const text = strings.gateway;
const SPANS = Object.entries(text.spans).map(([value, label]) => ({ value, label }));

export default function GatewayPage() {
  usePage([text.title, "/gateway"]);
  const [days, setDays] = useState(1);
  const gateway = useLoad(() => theGateway(days), [days]);
  const chosen = SPANS.find((each) => each.value === String(days)) ?? null;
  const span = (
    <Select
      ariaLabel={text.days}
      options={SPANS}
      selectedOption={chosen}
      onChange={({ detail }) => setDays(Number(detail.selectedOption.value))}
    />
  );
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={text.description} actions={gateway.value?.mode && span}>
          {text.title}
        </Header>
      }
    >
      <Show from={gateway}>{(found) => (found.mode ? <Forwarding from={gateway} gateway={found} days={days} /> : <Without />)}</Show>
    </ContentLayout>
  );
}

function Without() {
  return (
    <Container>
      <Nothing title={text.none}>
        <Box variant="p">{text.noneWhat}</Box>
        <Box variant="code">{text.noneHow}</Box>
      </Nothing>
    </Container>
  );
}

function Forwarding({ from, gateway, days }: { from: Loaded<Gateway>; gateway: Gateway; days: number }) {
  const mode = gateway.mode ?? "enforce";
  const upstreams = gateway.upstreams.map(({ service, url }) => [service === EVERYTHING ? text.everything : service, url]);
  return (
    <SpaceBetween size="l">
      {mode !== "enforce" && <Alert type="warning">{text.unenforced}</Alert>}
      <Facts facts={{ [text.mode]: text.modes[mode], ...Object.fromEntries(upstreams) }} />
      <List
        title={text.traffic}
        variant="container"
        from={mapped(from, (found) => found.services)}
        trackBy="service"
        sortedBy="none"
        empty={text.noTraffic}
        columns={[
          { id: "service", header: text.service, cell: (each) => each.service, sortingField: "service", isRowHeader: true },
          { id: "url", header: text.url, cell: (each) => upstreamOf(gateway, each.service) ?? text.noUpstream },
          { id: "calls", header: text.calls, cell: (each) => each.calls, sortingField: "calls" },
          { id: "denied", header: text.denied, cell: (each) => each.denied, sortingField: "denied" },
        ]}
      />
      <List
        title={text.denials}
        variant="container"
        from={mapped(from, (found) => found.denials)}
        trackBy="id"
        sortedBy="none"
        empty={text.noDenials}
        columns={[
          { id: "what", header: text.what, cell: (each) => <PageLink to={path`/events?by=EventId&value=${each.id}`}>{each.action ?? each.operation}</PageLink>, isRowHeader: true },
          { id: "time", header: text.time, cell: (each) => <Ago at={Date.parse(each.time) / 1000} /> },
          { id: "who", header: text.who, cell: (each) => <Principal arn={each.principal} /> },
          { id: "resource", header: text.resource, cell: (each) => each.resource },
          {
            id: "outcome",
            header: text.outcome,
            cell: (each) => <StatusIndicator type={each.passedOn ? "warning" : "error"}>{each.passedOn ? text.passedOn : text.refused}</StatusIndicator>,
          },
        ]}
      />
      <LearnedPolicies days={days} />
    </SpaceBetween>
  );
}

function Principal({ arn }: { arn: string | null }) {
  const page = principalPage(arn ?? "");
  const shown = arn?.split(":").at(-1) ?? "–";
  return page ? <PageLink to={page}>{shown}</PageLink> : shown;
}

/** Reads much of the record, so only when somebody asks. */
function LearnedPolicies({ days }: { days: number }) {
  const [found, setFound] = useState<Learned[]>();
  const [chosen, setChosen] = useState<Learned>();
  const doing = useDoing();
  const learn = () =>
    void doing.run(async () => {
      setChosen(undefined);
      setFound(await learnedPolicies(days));
    });
  const button = (
    <ActionButton needs="iamd:LearnPolicies" loading={doing.busy} onClick={learn}>
      {text.learn}
    </ActionButton>
  );
  if (found === undefined) {
    return (
      <Container header={<Header variant="h2" description={text.learnedWhat} actions={button}>{text.learned}</Header>}>
        <Refused error={doing.error} />
      </Container>
    );
  }
  const policy = chosen && JSON.stringify(chosen.policy, null, 2);
  return (
    <SpaceBetween size="l">
      <List
        title={text.learned}
        description={text.learnedWhat}
        variant="container"
        from={{ value: found, loading: doing.busy, reload: learn, ...(doing.error && { error: doing.error }) }}
        trackBy="principal"
        selection="single"
        empty={text.nothingLearned}
        onSelect={([each]) => setChosen(each)}
        columns={[
          { id: "principal", header: text.principal, cell: (each) => <Principal arn={each.principal} />, sortingField: "principal", isRowHeader: true },
          { id: "calls", header: text.calls, cell: (each) => each.calls, sortingField: "calls" },
          { id: "actions", header: text.actions, cell: (each) => each.actions, sortingField: "actions" },
        ]}
      />
      {chosen && policy && (
        <Container
          header={
            <Header
              variant="h2"
              actions={
                <CopyToClipboard
                  copyButtonText={text.copyPolicy}
                  textToCopy={policy}
                  copySuccessText={strings.facts.copied}
                  copyErrorText={strings.facts.notCopied}
                />
              }
            >
              {text.policyOf(chosen.principal.split(":").at(-1) ?? "")}
            </Header>
          }
        >
          <Pre>{policy}</Pre>
        </Container>
      )}
    </SpaceBetween>
  );
}
