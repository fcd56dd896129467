/** When the services that an identity may use were last used. */
import { useLoad } from "../load";
import { strings } from "../strings";
import { type ServiceAccess, servicesLastAccessed } from "../work/reports";
import { List } from "./list";
import { Ago } from "./time";

const text = strings.lastAccessed;
const SHOWN = 3; // actions of a service; there may be hundreds

export function LastAccessed({ arn }: { arn: string }) {
  const services = useLoad(() => servicesLastAccessed(arn), [arn]);
  return (
    <List
      title={text.title}
      description={text.what}
      variant="container"
      from={services}
      trackBy="ServiceNamespace"
      empty={text.empty}
      sortedBy=""
      columns={[
        { id: "service", header: text.service, cell: (each) => each.ServiceName, sortingField: "ServiceName", isRowHeader: true },
        { id: "last", header: text.last, cell: (each) => <Last at={each.LastAuthenticated} />, sortingField: "LastAuthenticated" },
        { id: "by", header: text.by, cell: (each) => each.LastAuthenticatedEntity?.split("/").at(-1) },
        { id: "region", header: text.region, cell: (each) => each.LastAuthenticatedRegion },
        { id: "actions", header: text.actions, cell: actionsOf },
      ]}
    />
  );
}

function Last({ at }: { at: number | undefined }) {
  return at === undefined ? <>{text.never}</> : <Ago at={at} />;
}

function actionsOf(service: ServiceAccess): string {
  const used = (service.TrackedActionsLastAccessed ?? []).filter((each) => each.LastAccessedTime !== undefined);
  const names = used.map((each) => each.ActionName);
  return [...names.slice(0, SHOWN), ...(names.length > SHOWN ? [text.more(names.length - SHOWN)] : [])].join(", ");
}
