/** Texts that are chosen one after the other, and can be taken away again. */
import Box from "@cloudscape-design/components/box";
import TokenGroup from "@cloudscape-design/components/token-group";

import { strings } from "../../strings";

const MOST = 30; // tokens that are shown at first

interface Props {
  items: { label: string; labelTag?: string }[];
  empty: string;
  remove: (at: number) => void;
}

export function Tokens({ items, empty, remove }: Props) {
  if (items.length === 0) return <Box color="text-body-secondary">{empty}</Box>;
  return (
    <TokenGroup
      disableOuterPadding
      limit={MOST}
      items={items.map((item) => ({ ...item, dismissLabel: strings.builder.remove(item.label) }))}
      onDismiss={({ detail }) => remove(detail.itemIndex)}
    />
  );
}
