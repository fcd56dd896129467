/** What is known of something, as pairs of label and value; and an ARN that can be copied. */
import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { ReactNode } from "react";

import { strings } from "../strings";

export function Facts({ facts, title = strings.facts.title }: { facts: Record<string, ReactNode>; title?: string }) {
  const items = Object.entries(facts).map(([label, value]) => ({ label, value: value ?? "–" }));
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <KeyValuePairs columns={3} items={items} />
    </Container>
  );
}

export function Copied({ text }: { text: string | undefined }) {
  if (text === undefined) return <>–</>;
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={text}
      copyButtonAriaLabel={strings.facts.copy}
      copySuccessText={strings.facts.copied}
      copyErrorText={strings.facts.notCopied}
    />
  );
}
