/** Pages that cannot be shown. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { useRouteError } from "react-router";

import { PageLink } from "../links";
import { usePage } from "../page";
import { strings } from "../strings";

export function Broken() {
  const error = useRouteError();
  return (
    <Box padding="l">
      <Alert type="error" header={strings.shell.broken} buttonText={strings.states.reload} onButtonClick={() => location.reload()}>
        {error instanceof Error ? error.message : null}
      </Alert>
    </Box>
  );
}

export function Missing() {
  usePage([strings.shell.missing, "/"]);
  return (
    <Box textAlign="center" padding="xxl">
      <Box variant="h1">{strings.shell.missing}</Box>
      <PageLink to="/">{strings.shell.home}</PageLink>
    </Box>
  );
}
