/** The columns by which policies of the organization are listed. */
import type { TableProps } from "@cloudscape-design/components/table";

import { PageLink, path } from "../links";
import { strings } from "../strings";
import type { Control } from "../work/organization";

const text = strings.controls;
type Column = TableProps.ColumnDefinition<Control>;

export const controlColumns: Column[] = [
  {
    id: "name",
    header: text.name,
    cell: (each) => <PageLink to={path`/organization/policies/${each.id}`}>{each.name}</PageLink>,
    sortingField: "name",
    isRowHeader: true,
  },
  { id: "about", header: text.about, cell: (each) => each.about },
  { id: "id", header: strings.organization.id, cell: (each) => each.id },
];
export const ownedColumn: Column = {
  id: "owned",
  header: text.owned,
  cell: (each) => (each.isAws ? text.ofAws : text.ofCustomer),
  sortingField: "isAws",
};
