/** Asks before something is deleted; the name has to be typed where nothing brings it back. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { type ReactNode, useState } from "react";

import { strings } from "../strings";
import { Dialog } from "./dialog";

interface Props {
  title: string;
  children: ReactNode;
  /** What has to be typed. */
  typed?: string;
  action?: string;
  work: () => Promise<unknown>;
  done: () => void;
  close: () => void;
}

export function Confirm({ title, children, typed, action = strings.confirm.delete, work, done, close }: Props) {
  const [text, setText] = useState("");
  return (
    <Dialog title={title} action={action} ready={typed === undefined || text === typed} work={work} done={done} close={close}>
      <Box>{children}</Box>
      {typed !== undefined && (
        <>
          <Alert type="warning">{strings.confirm.forEver}</Alert>
          <FormField label={strings.confirm.type(typed)}>
            <Input value={text} onChange={(event) => setText(event.detail.value)} autoComplete={false} />
          </FormField>
        </>
      )}
    </Dialog>
  );
}
