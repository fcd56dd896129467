/** The record of the account: searched, and each event with all that was recorded; denials are explained. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";

import { useDoing } from "../load";
import { usePage } from "../page";
import { EventDetails } from "../parts/event";
import { List } from "../parts/list";
import { Refused } from "../parts/states";
import { Ago } from "../parts/time";
import { strings } from "../strings";
import { ATTRIBUTES, type Attribute, type Event, lookUp, recordOf, type Wanted } from "../work/events";

const text = strings.events;
const SPANS = { hour: 3_600, day: 86_400, week: 604_800, all: undefined } as const;
const COLUMNS = [
  [12, 3],
  [12, 4],
  [7, 3],
  [5, 2],
] as const;
type Span = keyof typeof SPANS;

export default function Events() {
  usePage([text.title, "/events"]);
  const [query, setQuery] = useSearchParams();
  const asked = ATTRIBUTES.find((each) => each === query.get("by")) ?? "EventName";
  const [wanted, setWanted] = useState<Wanted>({ attribute: asked, value: query.get("value") ?? "" });
  const [events, setEvents] = useState<Event[]>();
  const [next, setNext] = useState<string>();
  const [chosen, setChosen] = useState<Event>();
  const doing = useDoing();
  const load = (from: Wanted, token?: string) =>
    doing.run(async () => {
      const page = await lookUp(from, token);
      setEvents((before) => (token ? [...(before ?? []), ...page.events] : page.events));
      setNext(page.next);
    });
  useEffect(() => void load(wanted), [wanted]);
  const search = (to: Wanted) => {
    setQuery(to.value ? { by: to.attribute, value: to.value } : {}, { replace: true });
    setWanted(to);
  };
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={text.description}>
          {text.title}
        </Header>
      }
    >
    <SpaceBetween size="l">
      <Container>
        <Search wanted={wanted} search={search} />
      </Container>
      <List
        title={text.events}
        variant="container"
        from={{
          loading: doing.busy,
          reload: () => void load(wanted),
          ...(events && { value: events }),
          ...(doing.error && events === undefined && { error: doing.error }),
        }}
        trackBy="EventId"
        labelBy="EventName"
        selection="single"
        sortedBy="none"
        empty={text.empty}
        onSelect={([event]) => setChosen(event)}
        columns={[
          { id: "name", header: text.name, cell: (event) => event.EventName, isRowHeader: true },
          { id: "time", header: text.time, cell: (event) => <Ago at={event.EventTime} /> },
          { id: "who", header: text.who, cell: (event) => event.Username },
          { id: "source", header: text.source, cell: (event) => event.EventSource },
          { id: "address", header: text.address, cell: (event) => recordOf(event).sourceIPAddress },
          { id: "outcome", header: text.outcome, cell: (event) => <Outcome event={event} /> },
        ]}
        actions={() => next && <Button onClick={() => void load(wanted, next)}>{text.more}</Button>}
        searched
      />
      {doing.error && events !== undefined && <Refused error={doing.error} />}
      {chosen && <EventDetails key={chosen.EventId} event={chosen} />}
    </SpaceBetween>
    </ContentLayout>
  );
}

function Outcome({ event }: { event: Event }) {
  const { errorCode } = recordOf(event);
  return <StatusIndicator type={errorCode ? "error" : "success"}>{errorCode ?? text.done}</StatusIndicator>;
}

function Search({ wanted, search }: { wanted: Wanted; search: (wanted: Wanted) => void }) {
  const [attribute, setAttribute] = useState<Attribute>(wanted.attribute);
  const [value, setValue] = useState(wanted.value);
  const [span, setSpan] = useState<Span>("all");
  const go = () => {
    const seconds = SPANS[span];
    search({ attribute, value, ...(seconds && { from: Math.floor(Date.now() / 1000) - seconds }) });
  };
  const attributes = ATTRIBUTES.map((each) => ({ value: each, label: text.attributes[each] }));
  const spans = (Object.keys(SPANS) as Span[]).map((each) => ({ value: each, label: text.times[each] }));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <Grid gridDefinition={COLUMNS.map(([narrow, wide]) => ({ colspan: { default: narrow, xs: wide } }))}>
        <FormField label={text.by}>
          <Select
            options={attributes}
            selectedOption={attributes.find((each) => each.value === attribute) ?? null}
            onChange={({ detail }) => setAttribute(detail.selectedOption.value as Attribute)}
          />
        </FormField>
        <FormField label={text.value}>
          <Input value={value} type="search" autoComplete={false} onChange={({ detail }) => setValue(detail.value)} />
        </FormField>
        <FormField label={text.since}>
          <Select
            options={spans}
            selectedOption={spans.find((each) => each.value === span) ?? null}
            onChange={({ detail }) => setSpan(detail.selectedOption.value as Span)}
          />
        </FormField>
        <Box padding={{ top: "xl" }}>
          <Button formAction="submit">{text.search}</Button>
        </Box>
      </Grid>
    </form>
  );
}
