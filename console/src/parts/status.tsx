/** A status with a sentence, which wraps between words: Cloudscape's own breaks them anywhere. */
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";

const WRAPPED = { wordBreak: "normal", overflowWrap: "anywhere" } as const;

export function Status({ type, children }: { type: StatusIndicatorProps.Type; children: ReactNode }) {
  return (
    <StatusIndicator type={type}>
      <span style={WRAPPED}>{children}</span>
    </StatusIndicator>
  );
}
