/** Units and accounts, each below what it is in. */
import Table from "@cloudscape-design/components/table";
import { useState } from "react";

import { path, PageLink } from "../links";
import { strings } from "../strings";
import { flat, type Node } from "../work/organization";

const text = strings.organization;
interface Props {
  roots: Node[];
  selected: Node | undefined;
  select: (node: Node) => void;
}

export function OrganizationTree({ roots, selected, select }: Props) {
  const [closed, setClosed] = useState<Set<string>>(new Set());
  const toggle = (id: string, expanded: boolean) => {
    const next = new Set(closed);
    if (expanded) next.delete(id);
    else next.add(id);
    setClosed(next);
  };
  return (
    <Table
      variant="container"
      items={roots}
      trackBy="id"
      enableKeyboardNavigation
      selectionType="single"
      selectedItems={selected ? [selected] : []}
      onSelectionChange={({ detail }) => detail.selectedItems[0] && select(detail.selectedItems[0])}
      expandableRows={{
        getItemChildren: (node) => node.children,
        isItemExpandable: (node) => node.children.length > 0,
        expandedItems: flat(roots).filter((node) => !closed.has(node.id)),
        onExpandableItemToggle: ({ detail }) => toggle(detail.item.id, detail.expanded),
      }}
      ariaLabels={{
        tableLabel: text.title,
        selectionGroupLabel: text.selection,
        itemSelectionLabel: (_, node) => text.select(node.name),
        expandButtonLabel: (node) => text.expand(node.name),
        collapseButtonLabel: (node) => text.collapse(node.name),
      }}
      columnDefinitions={[
        { id: "name", header: text.name, cell: (node) => <PageLink to={path`/organization/${node.id}`}>{node.name}</PageLink>, isRowHeader: true },
        { id: "kind", header: text.kind, cell: (node) => (node.isManagement ? text.management : text.kinds[node.kind]) },
        { id: "id", header: text.id, cell: (node) => node.id },
        { id: "email", header: text.email, cell: (node) => node.email },
        { id: "status", header: text.status, cell: (node) => node.status },
      ]}
    />
  );
}
