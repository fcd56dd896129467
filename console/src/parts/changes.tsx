/** Shows what differs between two documents; what is the same for long is left out. */
import "./changes.css";

import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { strings } from "../strings";
import { differences, type Line } from "../work/differences";

const text = strings.changes;
const AROUND = 3; // lines that are shown before and after what differs
const SIGNS = { same: " ", added: "+", removed: "-" };

export function Differences({ before, after }: { before: string; after: string }) {
  const lines = differences(before, after);
  const [more, less] = (["added", "removed"] as const).map((kind) => lines.filter((line) => line.kind === kind).length);
  if (!more && !less) return <Box color="text-body-secondary">{text.none}</Box>;
  const counts = [more && text.added(more), less && text.removed(less)].filter(Boolean).join(", ");
  return (
    <SpaceBetween size="xs">
      <Box color="text-body-secondary">{counts}</Box>
      <div className="changes" tabIndex={0} role="region" aria-label={text.title}>
        {shortened(lines).map((line, at) => (typeof line === "number" ? <Skipped key={at} count={line} /> : <Shown key={at} line={line} />))}
      </div>
    </SpaceBetween>
  );
}

/** The same in a section that is shut at first; nothing while nothing differs. */
export function Changes({ before, after }: { before: string; after: string }) {
  if (before === after) return null;
  return (
    <ExpandableSection headerText={text.title}>
      <Differences before={before} after={after} />
    </ExpandableSection>
  );
}

function Shown({ line }: { line: Line }) {
  const spoken = line.kind === "added" ? text.plus : line.kind === "removed" ? text.minus : "";
  return (
    <div className={line.kind}>
      <span aria-hidden="true">{SIGNS[line.kind]} </span>
      {spoken && <span className="spoken">{spoken} </span>}
      {line.text}
    </div>
  );
}

function Skipped({ count }: { count: number }) {
  return <div className="skipped">… {text.skipped(count)}</div>;
}

/** The lines near to what differs; numbers of those that are left out. */
function shortened(lines: Line[]): (Line | number)[] {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((line) => line.kind !== "same"));
  const shown: (Line | number)[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    if (near[at]) shown.push(line);
    else if (typeof last === "number") shown[shown.length - 1] = last + 1;
    else shown.push(1);
  }
  return shown;
}
