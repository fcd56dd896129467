/** A window with something to fill in, and a button that does it. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal, { type ModalProps } from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";

import { useDoing } from "../load";
import { strings } from "../strings";
import { ActionButton } from "./action-button";
import { Actions } from "./list";
import { Refused } from "./states";

interface Props {
  title: string;
  action: string;
  /** The actions that it takes, where these depend on what is filled in; else the button that opens it asks for them. */
  needs?: string[];
  children: ReactNode;
  ready?: boolean;
  size?: ModalProps.Size;
  work: () => Promise<unknown>;
  done: () => void;
  close: () => void;
}

export function Dialog({ title, action, needs = [], children, ready = true, size = "medium", work, done, close }: Props) {
  const doing = useDoing();
  const go = async () => {
    if (await doing.run(work)) done();
  };
  return (
    <Modal
      visible
      size={size}
      header={title}
      closeAriaLabel={strings.confirm.close}
      onDismiss={close}
      footer={
        <Box float="right">
          <Actions>
            <Button variant="link" onClick={close}>
              {strings.confirm.cancel}
            </Button>
            <ActionButton needs={needs} variant="primary" loading={doing.busy} disabled={!ready} onClick={() => void go()}>
              {action}
            </ActionButton>
          </Actions>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Refused error={doing.error} />
        {children}
      </SpaceBetween>
    </Modal>
  );
}
