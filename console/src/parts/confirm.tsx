/** Asks before something is deleted; the name has to be typed where nothing brings it back. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";

import { useDoing } from "../load";
import { strings } from "../strings";
import { Refused } from "./states";

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
  const doing = useDoing();
  const go = async () => {
    if (await doing.run(work)) done();
  };
  return (
    <Modal
      visible
      header={title}
      closeAriaLabel={strings.confirm.close}
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              {strings.confirm.cancel}
            </Button>
            <Button variant="primary" loading={doing.busy} disabled={typed !== undefined && text !== typed} onClick={() => void go()}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Refused error={doing.error} />
        <Box>{children}</Box>
        {typed !== undefined && (
          <>
            <Alert type="warning">{strings.confirm.forEver}</Alert>
            <FormField label={strings.confirm.type(typed)}>
              <Input value={text} onChange={(event) => setText(event.detail.value)} autoComplete={false} />
            </FormField>
          </>
        )}
      </SpaceBetween>
    </Modal>
  );
}
