/** Tabs whose choice is part of the page's address. */
import CloudscapeTabs, { type TabsProps } from "@cloudscape-design/components/tabs";
import { useSearchParams } from "react-router";

export function Tabs({ tabs, label }: { tabs: TabsProps.Tab[]; label: string }) {
  const [query, setQuery] = useSearchParams();
  const asked = query.get("tab");
  const active = tabs.find((tab) => tab.id === asked)?.id ?? tabs[0]?.id ?? "";
  return (
    <CloudscapeTabs
      ariaLabel={label}
      tabs={tabs}
      activeTabId={active}
      onChange={({ detail }) => setQuery({ tab: detail.activeTabId }, { replace: true })}
    />
  );
}
