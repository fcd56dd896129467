/** Edits a policy's JSON; what ValidatePolicy finds stands below, with its place. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import CodeEditor from "@cloudscape-design/components/code-editor";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Ace } from "ace-builds";
import { useEffect, useState } from "react";

import { call } from "../api";
import { useLoad } from "../load";
import { useSession } from "../session";
import { strings } from "../strings";
import { useDark } from "../theme";
import { CHECKED, type Finding, type PolicyKind, type StatementKind } from "../work/policy-kinds";
import { complete } from "./completion";

const text = strings.policyEditor;
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

export function PolicyEditor({ value, change, kind = "identity", label = text.label }: Props) {
  const { accountId } = useSession();
  const [editor, setEditor] = useState<Ace.Editor>();
  const ace = useLoad(async () => {
    const loaded = (await import("./ace")).default;
    const edit = (place: HTMLElement) => {
      const made = loaded.edit(place);
      made.setReadOnly(change === undefined);
      if (change) complete(made, loaded, kind, accountId);
      setEditor(made);
      return made;
    };
    return { ...loaded, edit };
  }, []);
  const theme = useDark() ? "cloud_editor_dark" : "cloud_editor";
  return (
    <SpaceBetween size="s">
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
      {change && kind !== "other" && <Findings document={value} kind={kind} editor={editor} />}
    </SpaceBetween>
  );
}

interface FindingsProps {
  document: string;
  kind: StatementKind;
  editor: Ace.Editor | undefined;
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
            <StatusIndicator type={SHOWN[finding.findingType ?? ""] ?? "info"}>{place(finding)}</StatusIndicator>{" "}
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

function place(finding: Finding): string {
  const start = finding.locations?.[0]?.span?.start;
  return start ? text.place(start.line ?? 0, (start.column ?? 0) + 1) : text.somewhere;
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
