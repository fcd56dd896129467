/** A button for something that needs a permission; who lacks it is told so, instead of being let click in vain. */
import Button, { type ButtonProps } from "@cloudscape-design/components/button";

import { useLoad } from "../load";
import { lacking } from "../work/lacking";

interface Props extends ButtonProps {
  /** The action, `iam:CreateUser`, or all that it takes. */
  needs: string | string[];
}

export function ActionButton({ needs, disabled = false, ...button }: Props) {
  const all = [needs].flat();
  const reason = useLoad(async () => ({ first: (await Promise.all(all.map(lacking))).find(Boolean) }), [all.join()]).value?.first;
  return <Button {...button} disabled={disabled || reason !== undefined} {...(reason && { disabledReason: reason })} />;
}
