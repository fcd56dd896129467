/** What stands where something is still loading, or was refused, or is not there. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Spinner from "@cloudscape-design/components/spinner";
import type { ReactNode } from "react";

import type { Refusal } from "../api";
import type { Loaded } from "../load";
import { strings } from "../strings";

export function Waiting() {
  return (
    <Box textAlign="center" padding="xxl">
      <Spinner size="large" /> <Box variant="span">{strings.states.loading}</Box>
    </Box>
  );
}

/** A refusal in the server's words, which name the permission that lacks. */
export function Refused({ error, retry }: { error: Refusal | undefined; retry?: () => void }) {
  if (error === undefined) return null;
  const denied = error.code.startsWith("AccessDenied");
  return (
    <Alert
      type={denied ? "warning" : "error"}
      header={denied ? strings.states.denied : strings.states.refused}
      {...(retry && { buttonText: strings.states.retry, onButtonClick: retry })}
    >
      {error.message}
    </Alert>
  );
}

/** Shows what was loaded, or why it is not there. */
export function Show<T>({ from, children }: { from: Loaded<T>; children: (value: T) => ReactNode }) {
  if (from.error) return <Refused error={from.error} retry={from.reload} />;
  return from.value === undefined ? <Waiting /> : children(from.value);
}

export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Box textAlign="center" color="inherit" padding={{ vertical: "l" }}>
      <Box variant="strong">{title}</Box>
      {children && <Box padding={{ top: "s" }}>{children}</Box>}
    </Box>
  );
}
