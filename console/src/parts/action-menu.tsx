/** A menu of things that need a permission each; who lacks one is told so at its entry. */
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";

import { useLoad } from "../load";
import { lacking } from "../work/lacking";

interface Entry<T extends string> {
  id: T;
  text: string;
  /** The action: `organizations:MoveAccount`. */
  needs: string;
  disabled?: boolean;
}
interface Props<T extends string> {
  entries: Entry<T>[];
  choose: (id: T) => void;
  children: string;
}

export function ActionMenu<T extends string>({ entries, choose, children }: Props<T>) {
  const needs = entries.map((entry) => entry.needs);
  const reasons = useLoad(() => Promise.all(needs.map(lacking)), needs).value;
  const items = entries.map(({ id, text, disabled = false }, at): ButtonDropdownProps.Item => {
    const reason = reasons?.[at];
    return { id, text, disabled: disabled || reason !== undefined, ...(reason && { disabledReason: reason }) };
  });
  return (
    <ButtonDropdown items={items} onItemClick={({ detail }) => choose(detail.id as T)}>
      {children}
    </ButtonDropdown>
  );
}
