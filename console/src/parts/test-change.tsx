/** Tries a change before it is saved: on the calls that are on record, and on requests that nobody has made yet. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { type Refusal, STOPPED } from "../api";
import { PageLink } from "../links";
import { refusalOf, useLoad } from "../load";
import { useSession } from "../session";
import { strings } from "../strings";
import { type Change, type Flip, nameOf, reasonOf, replay, type Replayed, type Request, type Tried } from "../work/replay";
import { identities, linesOf } from "../work/simulation";
import { ActionButton } from "./action-button";
import { Actions, List } from "./list";
import { Refused } from "./states";
import { Ago } from "./time";

const text = strings.testChange;
const PERIODS = [1, 7, 30, 90].map((days) => ({ value: String(days), label: text.periods[days]! }));
const LONGEST = 120_000; // milliseconds

interface Props {
  changes: () => Change[] | Promise<Change[]>;
  disabled?: boolean;
  /** Whether calls of all accounts of the organization are meant. */
  organization?: boolean;
  /** Fields that say more of the change. */
  children?: ReactNode;
}

export function TestChange({ disabled = false, ...props }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <ActionButton needs="iamd:ReplayCalls" disabled={disabled} onClick={() => setOpen(true)}>
        {text.open}
      </ActionButton>
      {open && <Test {...props} close={() => setOpen(false)} />}
    </>
  );
}

function Test({ changes, organization = false, children, close }: Props & { close: () => void }) {
  const [days, setDays] = useState(7);
  const [wanted, setWanted] = useState<Request[]>([]);
  const [found, setFound] = useState<Replayed>();
  const [error, setError] = useState<Refusal>();
  const [note, setNote] = useState("");
  const going = useRef<AbortController>(undefined);
  const [busy, setBusy] = useState(false);
  useEffect(() => () => going.current?.abort(), []);
  const run = async () => {
    const stop = (going.current = new AbortController());
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(LONGEST)]);
    setBusy(true);
    setFound(undefined);
    setError(undefined);
    setNote("");
    try {
      const question = { changes: await changes(), requests: wanted, days, organization };
      for await (const known of replay(question, signal)) setFound(known);
    } catch (failed) {
      const refusal = refusalOf(failed);
      if (refusal.code === STOPPED) setNote(stop.signal.aborted ? text.stopped : text.tooLong);
      else setError(refusal);
    }
    setBusy(false);
  };
  const footer = (
    <Box float="right">
      <Actions>
        <Button variant="link" onClick={close}>
          {text.close}
        </Button>
        {busy ? (
          <Button onClick={() => going.current?.abort()}>{text.stop}</Button>
        ) : (
          <Button variant="primary" onClick={() => void run()}>
            {text.run}
          </Button>
        )}
      </Actions>
    </Box>
  );
  return (
    <Modal visible size="max" header={text.title} closeAriaLabel={strings.confirm.close} onDismiss={close} footer={footer}>
      <SpaceBetween size="l">
        <Box color="text-body-secondary">{text.what}</Box>
        {children}
        <FormField label={text.period}>
          <Select
            options={PERIODS}
            selectedOption={PERIODS.find((each) => each.value === String(days)) ?? null}
            onChange={({ detail }) => setDays(Number(detail.selectedOption.value))}
          />
        </FormField>
        <ExpandableSection headerText={text.more}>
          <Wishes change={setWanted} />
        </ExpandableSection>
        <Refused error={error} />
        {busy && (
          <ProgressBar
            value={(found?.done ?? 0) * 100}
            label={text.running}
            additionalInfo={found?.since && text.looked(found.since.toLocaleDateString("en", { dateStyle: "medium" }))}
          />
        )}
        {note && <StatusIndicator type="stopped">{note}</StatusIndicator>}
        {found && <Results found={found} again={() => void run()} />}
      </SpaceBetween>
    </Modal>
  );
}

function Wishes({ change }: { change: (wanted: Request[]) => void }) {
  const all = useLoad(() => identities("user", "role"), []);
  const [who, setWho] = useState("");
  const [actions, setActions] = useState("");
  const [resources, setResources] = useState("");
  useEffect(() => {
    const places = linesOf(resources);
    const pairs = linesOf(actions).flatMap((action) => (places.length ? places : ["*"]).map((resource) => ({ principal: who, action, resource })));
    change(who ? pairs : []);
  }, [who, actions, resources]);
  const options = (all.value ?? []).map(({ arn, name, kind }) => ({ value: arn, label: name, description: strings.whoCan.kinds[kind as "user" | "role"] }));
  return (
    <SpaceBetween size="m">
      <FormField label={text.who} errorText={all.error?.message}>
        <Select
          options={options}
          selectedOption={options.find((each) => each.value === who) ?? null}
          statusType={all.loading ? "loading" : "finished"}
          filteringType="auto"
          virtualScroll
          placeholder={text.chooseWho}
          onChange={({ detail }) => setWho(detail.selectedOption.value ?? "")}
        />
      </FormField>
      <FormField label={text.actions} description={text.actionsHint}>
        <Textarea value={actions} rows={3} spellcheck={false} onChange={({ detail }) => setActions(detail.value)} />
      </FormField>
      <FormField label={text.on} description={text.onHint}>
        <Textarea value={resources} rows={2} spellcheck={false} onChange={({ detail }) => setResources(detail.value)} />
      </FormField>
    </SpaceBetween>
  );
}

function Results({ found, again }: { found: Replayed; again: () => void }) {
  const { accountId } = useSession();
  const nameFor = (arn: string) => arn.replace(`arn:aws:iam::${accountId}:`, "").replace("arn:aws:iam::", "");
  const [denied, allowed] = (["deny", "allow"] as const).map((would) => found.flips.filter((each) => each.would === would).reduce((sum, each) => sum + each.calls, 0));
  const told = [text.replayed(found.calls, found.touched)];
  if (found.driftedBefore) told.push(text.drifted(found.driftedBefore));
  if (found.notDecided) told.push(text.undecided(found.notDecided));
  return (
    <SpaceBetween size="l">
      <Alert type={found.flips.length ? "warning" : "success"} header={found.flips.length ? text.flips(denied ?? 0, allowed ?? 0) : text.nothing}>
        {told.join(" ")}
      </Alert>
      {found.requests.length > 0 && <TriedList tried={found.requests} nameFor={nameFor} again={again} />}
      {found.flips.length > 0 && (
        <List
          title={text.results}
          variant="container"
          from={{ value: found.flips.map((each) => ({ ...each, id: nameOf(each) })), loading: false, reload: again }}
          trackBy="id"
          empty={text.none}
          wraps
          sortedBy=""
          columns={[
            { id: "principal", header: text.principal, cell: (each) => nameFor(each.principal), sortingField: "principal", isRowHeader: true },
            { id: "action", header: text.action, cell: (each) => each.action, sortingField: "action" },
            { id: "would", header: text.would, cell: (each) => <Outcome allowed={each.would === "allow"} />, sortingField: "would" },
            { id: "calls", header: text.calls, cell: (each) => <Calls flip={each} />, sortingField: "calls" },
            { id: "last", header: text.last, cell: (each) => <Ago at={Date.parse(each.last) / 1000} />, sortingField: "last" },
            { id: "why", header: text.why, cell: (each) => reasonOf(each) },
            { id: "resources", header: text.resources, cell: (each) => each.resources.join(", ") },
          ]}
        />
      )}
    </SpaceBetween>
  );
}

/** How many, leading to the last of them in the event history, which has the calls of this account. */
function Calls({ flip }: { flip: Flip }) {
  const { accountId } = useSession();
  if (flip.principal.split(":")[4] !== accountId) return flip.calls;
  return <PageLink to={`/events?by=EventId&value=${flip.eventId}`}>{flip.calls}</PageLink>;
}

function Outcome({ allowed }: { allowed: boolean }) {
  return <StatusIndicator type={allowed ? "success" : "error"}>{allowed ? text.allowed : text.denied}</StatusIndicator>;
}

interface TriedProps {
  tried: Tried[];
  nameFor: (arn: string) => string;
  again: () => void;
}

function TriedList({ tried, nameFor, again }: TriedProps) {
  return (
    <List
      title={text.tried}
      variant="container"
      from={{ value: tried.map((each, at) => ({ ...each, id: String(at) })), loading: false, reload: again }}
      trackBy="id"
      empty={text.none}
      wraps
      sortedBy=""
      columns={[
        { id: "action", header: text.action, cell: (each) => each.action, isRowHeader: true },
        { id: "resource", header: text.resources, cell: (each) => each.resource },
        { id: "principal", header: text.principal, cell: (each) => nameFor(each.principal) },
        { id: "before", header: text.before, cell: (each) => <Outcome allowed={each.before === "allowed"} /> },
        { id: "after", header: text.after, cell: (each) => <Outcome allowed={each.after === "allowed"} /> },
        { id: "why", header: text.why, cell: (each) => reasonOf(each) },
      ]}
    />
  );
}
