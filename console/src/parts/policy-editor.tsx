/** Edits a policy, as JSON or by forms; what ValidatePolicy finds stands below, with its place. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CodeEditor from "@cloudscape-design/components/code-editor";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Ace } from "ace-builds";
import { lazy, Suspense, useEffect, useState } from "react";

import { call } from "../api";
import { useLoad } from "../load";
import { useSession } from "../session";
import { strings } from "../strings";
import { useDark } from "../theme";
import { CHECKED, type Finding, type PolicyKind, type StatementKind } from "../work/policy-kinds";
import { complete } from "./completion";
import { Waiting } from "./states";

const text = strings.policyEditor;
type View = keyof typeof strings.builder.views;
const KEPT = "iamd-editor"; // how the person last looked at a policy
const PAUSE = 400; // milliseconds after the last key
const SHOWN: Record<string, StatusIndicatorProps.Type> = {
  ERROR: "error",
  SECURITY_WARNING: "warning",
  WARNING: "warning",
  SUGGESTION: "info",
};

interface Props {
  value: string;
  change?: (value: string) => void;
  kind?: PolicyKind;
  label?: string;
}

const Builder = lazy(() => import("./builder/builder"));

export function PolicyEditor(props: Props) {
  const { value, change, kind = "identity" } = props;
  const [view, setView] = useState<View>(localStorage.getItem(KEPT) === "visual" ? "visual" : "json");
  const [editor, setEditor] = useState<Ace.Editor>();
  if (change === undefined) return <Json {...props} />;
  if (kind === "other") {
    return (
      <SpaceBetween size="s">
        <Json {...props} />
        <Syntax document={value} />
      </SpaceBetween>
    );
  }
  const choose = (chosen: View) => {
    localStorage.setItem(KEPT, chosen);
    setView(chosen);
  };
  const views = Object.entries(strings.builder.views).map(([id, label]) => ({ id, text: label }));
  return (
    <SpaceBetween size="s">
      <SegmentedControl label={strings.builder.view} selectedId={view} options={views} onChange={({ detail }) => choose(detail.selectedId as View)} />
      {view === "json" ? (
        <Json {...props} opened={setEditor} />
      ) : (
        <Suspense fallback={<Waiting />}>
          <Builder value={value} change={change} kind={kind} />
        </Suspense>
      )}
      <Findings document={value} kind={kind} {...(view === "json" && { editor })} />
    </SpaceBetween>
  );
}

function Json({ value, change, kind = "identity", label = text.label, opened }: Props & { opened?: (editor: Ace.Editor) => void }) {
  const { accountId } = useSession();
  const ace = useLoad(async () => {
    const loaded = (await import("./ace")).default;
    const edit = (place: HTMLElement) => {
      const made = loaded.edit(place);
      made.setReadOnly(change === undefined);
      if (change) complete(made, loaded, kind, accountId);
      opened?.(made);
      return made;
    };
    return { ...loaded, edit };
  }, []);
  const theme = useDark() ? "cloud_editor_dark" : "cloud_editor";
  return (
    <CodeEditor
      ace={ace.value}
      loading={ace.loading}
      language="json"
      value={value}
      ariaLabel={label}
      preferences={{ theme, wrapLines: true }}
      themes={{ light: ["cloud_editor"], dark: ["cloud_editor_dark"] }}
      onPreferencesChange={() => undefined}
      onChange={({ detail }) => change?.(detail.value)}
    />
  );
}

/** Whether it is JSON at all: no more is known of these policies before they are saved. */
function Syntax({ document }: { document: string }) {
  try {
    JSON.parse(document);
    return null;
  } catch (error) {
    return <StatusIndicator type="error">{(error as Error).message}</StatusIndicator>;
  }
}

interface FindingsProps {
  document: string;
  kind: StatementKind;
  /** Where the places are marked; without one, statements are named instead of lines. */
  editor?: Ace.Editor | undefined;
}

function Findings({ document, kind, editor }: FindingsProps) {
  const paused = usePaused(document);
  const findings = useLoad(async () => {
    const reply = await call("accessanalyzer", "ValidatePolicy", { policyDocument: paused, ...CHECKED[kind] });
    return reply.findings ?? [];
  }, [paused, kind]);
  useEffect(() => mark(editor, findings.value ?? []), [editor, findings.value]);
  if (findings.error) return <Alert type="info">{text.unchecked(findings.error.message)}</Alert>;
  if (findings.value === undefined) return <StatusIndicator type="loading">{text.checking}</StatusIndicator>;
  if (findings.value.length === 0) return <StatusIndicator type="success">{text.sound}</StatusIndicator>;
  return (
    <div role="region" aria-label={text.findings}>
      <SpaceBetween size="xs">
        {findings.value.map((finding, at) => (
          <div key={at}>
            <StatusIndicator type={SHOWN[finding.findingType ?? ""] ?? "info"}>
              {editor ? <Place finding={finding} editor={editor} /> : statementOf(finding)}
            </StatusIndicator>{" "}
            <Box variant="span">{finding.findingDetails}</Box>
          </div>
        ))}
      </SpaceBetween>
    </div>
  );
}

/** Show in the margin of the editor which lines are meant. */
function mark(editor: Ace.Editor | undefined, findings: Finding[]): void {
  const annotations = findings.flatMap(({ findingDetails, findingType, locations }) => {
    const start = locations?.[0]?.span?.start;
    if (start?.line === undefined) return [];
    const type = findingType === "ERROR" ? "error" : findingType === "SUGGESTION" ? "info" : "warning";
    return [{ row: start.line - 1, column: start.column ?? 0, text: findingDetails ?? "", type } as const];
  });
  editor?.session.setAnnotations(annotations);
}

/** Where it is, as a button that leads there. */
function Place({ finding, editor }: { finding: Finding; editor: Ace.Editor }) {
  const start = finding.locations?.[0]?.span?.start;
  if (!start) return text.somewhere;
  const go = () => {
    editor.gotoLine(start.line ?? 1, start.column ?? 0, true);
    editor.focus();
  };
  return (
    <Button variant="inline-link" onClick={go}>
      {text.place(start.line ?? 0, (start.column ?? 0) + 1)}
    </Button>
  );
}

function statementOf(finding: Finding): string {
  const [, at] = finding.locations?.[0]?.path ?? [];
  return at && "index" in at && at.index !== undefined ? strings.builder.statement(at.index + 1) : text.somewhere;
}

/** The text, when nobody has typed for a moment. */
function usePaused(value: string): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}
