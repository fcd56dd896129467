/** Ends what the sessions of a role may do. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { useState } from "react";

import { useTell } from "../page";
import { strings } from "../strings";
import { revokeSessions } from "../work/roles";
import { ActionButton } from "./action-button";
import { Confirm } from "./confirm";

const text = strings.role;

export function RoleSessions({ role }: { role: string }) {
  const [asking, setAsking] = useState(false);
  const tell = useTell();
  const done = () => {
    setAsking(false);
    tell("success", text.revoked);
  };
  return (
    <Container header={<Header variant="h2" actions={<ActionButton needs="iam:PutRolePolicy" onClick={() => setAsking(true)}>{text.revoke}</ActionButton>}>{text.sessions}</Header>}>
      <Box>{text.sessionsWhat}</Box>
      {asking && (
        <Confirm title={text.revokeTitle(role)} action={text.revoke} work={() => revokeSessions(role)} done={done} close={() => setAsking(false)}>
          {text.revokeWhat}
        </Confirm>
      )}
    </Container>
  );
}
