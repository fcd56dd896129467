/** Chooses whether policies of the account, of AWS, or all are listed. */
import SegmentedControl from "@cloudscape-design/components/segmented-control";

import { strings } from "../strings";

const text = strings.permissions;
export type PolicyType = "all" | "customer" | "aws";
const OPTIONS = [
  { id: "all", text: text.all },
  { id: "customer", text: text.customer },
  { id: "aws", text: text.aws },
];

export function PolicyTypeField({ type, choose }: { type: PolicyType; choose: (type: PolicyType) => void }) {
  return <SegmentedControl label={text.type} selectedId={type} options={OPTIONS} onChange={({ detail }) => choose(detail.selectedId as PolicyType)} />;
}

export function isOfType(arn: string | undefined, type: PolicyType): boolean {
  return type === "all" || (type === "aws") === (arn?.includes("::aws:") ?? false);
}
