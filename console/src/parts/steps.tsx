/** Makes something step by step; the button that makes it is for those who have the permissions that it takes. */
import Button from "@cloudscape-design/components/button";
import Wizard, { type WizardProps } from "@cloudscape-design/components/wizard";

import { strings } from "../strings";
import { ActionButton } from "./action-button";
import { Actions } from "./list";

interface Props {
  steps: WizardProps.Step[];
  step: number;
  /** Goes to a step, if the one before is filled in. */
  go: (to: number) => void;
  /** What the last button says, and the actions that it takes. */
  action: string;
  needs: string[];
  busy: boolean;
  make: () => void;
  cancel: () => void;
}

const text = strings.steps;

export function Steps({ steps, step, go, action, needs, busy, make, cancel }: Props) {
  const last = (
    <Actions>
      <Button variant="link" onClick={cancel}>
        {text.cancelButton}
      </Button>
      <Button disabled={busy} onClick={() => go(step - 1)}>
        {text.previousButton}
      </Button>
      <ActionButton needs={needs} variant="primary" loading={busy} onClick={make}>
        {action}
      </ActionButton>
    </Actions>
  );
  return (
    <Wizard
      steps={steps}
      activeStepIndex={step}
      i18nStrings={text}
      customPrimaryActions={step === steps.length - 1 && last}
      onCancel={cancel}
      onNavigate={({ detail }) => go(detail.requestedStepIndex)}
    />
  );
}
