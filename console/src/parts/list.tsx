/** The table of every list: search, sorting, pages, selection, and what stands there when there is nothing. */
import { useCollection } from "@cloudscape-design/collection-hooks";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { ReactNode } from "react";

import type { Loaded } from "../load";
import { strings } from "../strings";
import { Nothing, Refused } from "./states";

const SHORT = 8; // rows; within a page, no search is needed for these

interface Props<T> {
  title: string;
  description?: string;
  from: Loaded<T[]>;
  columns: TableProps.ColumnDefinition<T>[];
  trackBy: keyof T & string;
  empty: string;
  /** Buttons beside the title; given what is selected, if rows can be selected. */
  actions?: (selected: T[]) => ReactNode;
  selection?: "single" | "multi";
  /** What a row is called by screen readers, where that is not what it is told apart by. */
  labelBy?: keyof T & string;
  /** Long cells take several lines rather than more width. */
  wraps?: boolean;
  /** The page has a search of its own. */
  searched?: boolean;
  /** What chooses what is listed, between title and rows. */
  above?: ReactNode;
  onSelect?: (selected: T[]) => void;
  variant?: TableProps.Variant;
  pageSize?: number;
  /** The column to sort by at first, instead of the first one; "" leaves the rows as they come. */
  sortedBy?: string;
}

/** Buttons side by side. */
export function Actions({ children }: { children: ReactNode }) {
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {children}
    </SpaceBetween>
  );
}

export function List<T>(props: Props<T>) {
  const { from, columns, trackBy, title, selection, pageSize = 25 } = props;
  const sorted = columns.find((column) => column.id === (props.sortedBy ?? columns[0]?.id));
  const { items, collectionProps, filterProps, paginationProps, filteredItemsCount, actions } = useCollection(
    from.value ?? [],
    {
      filtering: {
        empty: <Nothing title={props.empty} />,
        noMatch: (
          <Nothing title={strings.list.noMatch}>
            <Button onClick={() => actions.setFiltering("")}>{strings.list.clear}</Button>
          </Nothing>
        ),
      },
      pagination: { pageSize },
      sorting: sorted ? { defaultState: { sortingColumn: sorted } } : {},
      selection: { trackBy, keepSelection: selection === "multi" }, // of several, some are searched for after others
    },
  );
  // What was selected is kept as it was then; rows loaded anew may say something else of it.
  const chosen = new Set(collectionProps.selectedItems?.map((item) => item[trackBy]));
  const selected = (from.value ?? []).filter((item) => chosen.has(item[trackBy]));
  const { onSelect } = props;
  const total = from.value?.length;
  const isLong = props.variant !== "container" || (total ?? 0) > SHORT;
  const isSearched = isLong && !props.searched;
  return (
    <Table
      {...collectionProps}
      variant={props.variant ?? "full-page"}
      stickyHeader
      wrapLines={props.wraps ?? false}
      enableKeyboardNavigation
      items={items}
      columnDefinitions={columns}
      trackBy={trackBy}
      {...(selection && { selectionType: selection })}
      onSelectionChange={(event) => {
        collectionProps.onSelectionChange?.(event);
        onSelect?.(event.detail.selectedItems);
      }}
      loading={from.loading && total === undefined}
      loadingText={strings.states.loading}
      ariaLabels={{
        tableLabel: title,
        selectionGroupLabel: strings.list.selection,
        allItemsSelectionLabel: () => strings.list.selectAll,
        itemSelectionLabel: (_, item) => strings.list.select(String(item[props.labelBy ?? trackBy])),
      }}
      empty={from.error ? <Refused error={from.error} retry={from.reload} /> : collectionProps.empty}
      header={
        <Header
          variant={props.variant === "container" ? "h2" : "awsui-h1-sticky"}
          counter={total === undefined ? "" : `(${total})`}
          description={props.description}
          actions={
            <Actions>
              <Button iconName="refresh" ariaLabel={strings.list.refresh} loading={from.loading} onClick={from.reload} />
              {props.actions?.(selected)}
            </Actions>
          }
        >
          {title}
        </Header>
      }
      filter={
        (props.above || isSearched) && (
          <SpaceBetween size="s">
            {props.above}
            {isSearched && (
              <TextFilter
                {...filterProps}
                filteringPlaceholder={strings.list.search}
                filteringAriaLabel={strings.list.search}
                countText={strings.list.matches(filteredItemsCount ?? 0)}
              />
            )}
          </SpaceBetween>
        )
      }
      pagination={
        isLong && <Pagination {...paginationProps} ariaLabels={{ paginationLabel: strings.list.pages(title) }} />
      }
    />
  );
}
