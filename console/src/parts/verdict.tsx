/** A decision, and what it rests on. */
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { strings } from "../strings";
import type { Verdict } from "../work/simulation";

export function Decision({ verdict }: { verdict: Verdict }) {
  return (
    <StatusIndicator type={verdict.decision === "allowed" ? "success" : "error"}>
      {strings.simulator.decisions[verdict.decision] ?? verdict.decision}
    </StatusIndicator>
  );
}

export function Reasons({ verdict }: { verdict: Verdict }) {
  return verdict.why.map((reason) => <div key={reason}>{reason}</div>);
}
