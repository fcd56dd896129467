/** A button for something that needs a permission; who lacks it is told so, instead of being let click in vain. */
import Button, { type ButtonProps } from "@cloudscape-design/components/button";

import { useLoad } from "../load";
import { strings } from "../strings";
import { lacking } from "../work/lacking";

interface Props extends ButtonProps {
  /** The action: `iam:CreateUser`. */
  needs: string;
}

export function ActionButton({ needs, disabled = false, ...button }: Props) {
  const layer = useLoad(() => lacking(needs), [needs]).value;
  const reason = layer && strings.lacking(needs, layer);
  return <Button {...button} disabled={disabled || reason !== undefined} {...(reason && { disabledReason: reason })} />;
}
