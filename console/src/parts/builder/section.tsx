/** A part of a statement's form: a heading, and fields. */
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <SpaceBetween size="xs">
      <Header variant="h3">{title}</Header>
      {children}
    </SpaceBetween>
  );
}
