/** A terminal for commands of the AWS CLI: all by keyboard, with completion, history, and answers that are read aloud. */
import "../parts/terminal.css";

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

import { refusalOf } from "../load";
import { usePage, useTell } from "../page";
import { Actions } from "../parts/list";
import { useSession } from "../session";
import { strings } from "../strings";
import { completions, forgetHistory, historyOf, remember, run, shared } from "../work/terminal";

const text = strings.terminal;
const MOST = 100; // entries that stay on the page
const OFFERED = 40; // completions that are shown

interface Entry {
  id: number;
  line?: string;
  text: string;
  status: number;
  hint?: boolean;
}
const GREETING: Entry = { id: 0, text: text.greeting, status: 0, hint: true };

export default function Terminal() {
  usePage([text.title, "/terminal"]);
  const { arn } = useSession();
  const tell = useTell();
  const { entries, show, clear } = useEntries();
  const forget = () => {
    forgetHistory(arn);
    tell("success", text.forgotten);
  };
  const actions = (
    <Actions>
      <Button onClick={forget}>{text.forget}</Button>
      <Button onClick={clear}>{text.clear}</Button>
    </Actions>
  );
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={text.description} actions={actions}>
          {text.title}
        </Header>
      }
    >
      <SpaceBetween size="xs">
        <div className="terminal">
          <Output entries={entries} />
          <Prompt arn={arn} show={show} clear={clear} />
        </div>
        <Box color="text-body-secondary" fontSize="body-s" id="terminal-keys">
          {text.keys}
        </Box>
      </SpaceBetween>
    </ContentLayout>
  );
}

/** Whether Ctrl+C has nothing to copy, and so gives the line up as in any terminal. */
function nothingSelected(field: HTMLTextAreaElement): boolean {
  return field.selectionStart === field.selectionEnd && String(getSelection()) === "";
}

type Show = (entry: Omit<Entry, "id">) => void;

function useEntries(): { entries: Entry[]; show: Show; clear: () => void } {
  const [entries, setEntries] = useState<Entry[]>([GREETING]);
  const count = useRef(0);
  const show: Show = (entry) => setEntries((all) => [...all, { ...entry, id: ++count.current }].slice(-MOST));
  return { entries, show, clear: () => setEntries([]) };
}

function Output({ entries }: { entries: Entry[] }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => void place.current?.scrollTo({ top: place.current.scrollHeight }), [entries]);
  return (
    <div className="terminal-output" role="log" aria-live="polite" aria-label={text.output} tabIndex={0} ref={place}>
      {entries.map((entry) => (
        <div key={entry.id}>
          {entry.line !== undefined && (
            <pre className="terminal-line">
              {text.prompt} {entry.line}
            </pre>
          )}
          {entry.text && <pre className={classOf(entry)}>{entry.text.replace(/^\n|\n$/g, "")}</pre>}
          {entry.status !== 0 && <pre className="terminal-hint">{text.exit(entry.status)}</pre>}
        </div>
      ))}
    </div>
  );
}

function classOf({ status, hint, text: shown }: Entry): string {
  if (hint) return "terminal-hint";
  return status ? "terminal-problem" : /^-+\n/.test(shown) ? "is-table" : "";
}

/** Where lines are typed. Tab completes, unless Escape was pressed before it or nothing has been typed. */
function Prompt({ arn, show, clear }: { arn: string; show: Show; clear: () => void }) {
  const [line, setLine] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const place = useRef<number>(undefined); // in the history, while going through it
  const leaving = useRef(false);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [line]);
  const go = async () => {
    const typed = line.trim();
    if (busy || typed === "") return;
    setBusy(true);
    try {
      const { text: printed, status, secret } = await run(typed);
      if (!secret) remember(arn, typed);
      show({ line: typed, text: printed, status });
      setLine("");
    } catch (error) {
      show({ line: typed, text: refusalOf(error).message, status: 255 });
    } finally {
      setBusy(false);
      place.current = undefined;
    }
  };
  const complete = async () => {
    const { typed, candidates } = await completions(line).catch(() => ({ typed: "", candidates: [] }));
    const [only] = candidates;
    const longer = candidates.length === 1 ? `${only} ` : shared(candidates);
    if (longer.length > typed.length) setLine((now) => (now === line ? now.slice(0, now.length - typed.length) + longer : now));
    if (candidates.length > 1) {
      const more = candidates.length - OFFERED;
      const offered = [...candidates.slice(0, OFFERED), ...(more > 0 ? [text.many(more)] : [])];
      show({ text: offered.join("  "), status: 0, hint: true });
    }
  };
  const recall = (step: -1 | 1) => {
    const lines = historyOf(arn);
    const at = Math.min(Math.max((place.current ?? lines.length) + step, 0), lines.length);
    place.current = at;
    setLine(lines[at] ?? "");
  };
  const pressed = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const escaped = leaving.current;
    leaving.current = event.key === "Escape";
    const single = !line.includes("\n");
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) void go();
    else if (event.key === "Tab" && !event.shiftKey && line !== "" && !escaped) void complete();
    else if (event.key === "ArrowUp" && single) recall(-1);
    else if (event.key === "ArrowDown" && single) recall(1);
    else if (event.key === "l" && event.ctrlKey) clear();
    else if (event.key === "c" && event.ctrlKey && nothingSelected(event.currentTarget)) setLine("");
    else return;
    event.preventDefault();
  };
  return (
    <div className="terminal-input">
      <span aria-hidden="true" className="terminal-line">
        {busy ? "…" : text.prompt}
      </span>
      <textarea
        ref={field}
        rows={1}
        value={line}
        aria-label={text.command}
        aria-describedby="terminal-keys"
        aria-busy={busy}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event) => setLine(event.target.value)}
        onKeyDown={pressed}
      />
    </div>
  );
}
