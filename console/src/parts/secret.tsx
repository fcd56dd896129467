/** A secret that is shown once: hidden until asked for, to be copied, or kept as a file. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { strings } from "../strings";
import { Copied } from "./facts";

const text = strings.secret;

/** `values` by label; those in `hidden` are secret. They can be kept as a CSV file of that name. */
export function Secrets({ values, hidden, file }: { values: Record<string, string>; hidden: string[]; file: string }) {
  const [shown, setShown] = useState(false);
  return (
    <SpaceBetween size="s">
      <Alert type="warning">{text.once}</Alert>
      {Object.entries(values).map(([label, value]) => (
        <div key={label}>
          <Box variant="awsui-key-label">{label}</Box>
          {hidden.includes(label) && !shown ? <Box variant="code">{"•".repeat(16)}</Box> : <Copied text={value} />}
        </div>
      ))}
      <SpaceBetween direction="horizontal" size="xs">
        <Button onClick={() => setShown(!shown)}>{shown ? text.hide : text.show}</Button>
        <Button iconName="download" onClick={() => download(file, csv(values))}>
          {text.download}
        </Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}

/** Two lines of CSV (RFC 4180). A value that a spreadsheet would compute is kept from that. */
export function csv(values: Record<string, string>): string {
  const field = (value: string) => `"${(/^[=@]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
  return `${Object.keys(values).map(field).join(",")}\r\n${Object.values(values).map(field).join(",")}\r\n`;
}

export function download(name: string, content: string, type = "text/csv"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
