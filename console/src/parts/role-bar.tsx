/** Below the top: the role that the person acts as, in the colour that the person has given it, and the way back. */
import Button from "@cloudscape-design/components/button";

import { type Session, switchBack } from "../api";
import { useDoing } from "../load";
import { strings } from "../strings";
import { Refused } from "./states";

const text = strings.shell;
const INK = "#0f141a"; // on each of AWS's five colours, in light and dark
const BAR = {
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  gap: "4px 16px",
  padding: "4px 20px",
  borderBottom: "1px solid",
  font: "14px/20px \"Open Sans\", sans-serif",
} as const;

export function RoleBar({ session }: { session: Session }) {
  const doing = useDoing();
  if (session.actingAs === null) return null;
  const { name, color } = session.actingAs;
  const coloured = color !== "" && { background: `#${color}`, color: INK };
  const back = async () => {
    if (await doing.run(switchBack)) location.assign("/console/");
  };
  return (
    <section aria-label={text.switchRole} style={{ ...BAR, ...coloured }}>
      <span style={{ flex: 1, overflowWrap: "anywhere" }}>
        <strong>{text.actingAs(name)}</strong> {text.signedIn(session.userName)}
      </span>
      <Button loading={doing.busy} onClick={() => void back()}>
        {text.switchBack}
      </Button>
      <Refused error={doing.error} />
    </section>
  );
}
