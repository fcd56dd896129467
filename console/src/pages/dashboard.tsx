/** What matters at a glance: what should be made safer, what there is and how much of it may be, what was denied. */
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { call } from "../api";
import { useLoad } from "../load";
import { PageLink, path, signInUrl } from "../links";
import { usePage } from "../page";
import { Copied, Facts } from "../parts/facts";
import { Show } from "../parts/states";
import { Status } from "../parts/status";
import { Ago } from "../parts/time";
import { useSession } from "../session";
import { strings } from "../strings";
import { activeFindings, principalOf } from "../work/analyzer";
import { recentDenials } from "../work/events";

const text = strings.dashboard;
const MOST = 5; // findings
type Summary = Record<string, number | undefined>;
const COUNTED = [
  ["Users", "UsersQuota", strings.users.title, "/users"],
  ["Groups", "GroupsQuota", strings.groups.title, "/groups"],
  ["Roles", "RolesQuota", strings.roles.title, "/roles"],
  ["Policies", "PoliciesQuota", strings.policies.title, "/policies"],
] as const;

export default function Dashboard() {
  usePage();
  const session = useSession();
  const summary = useLoad(async () => (await call("iam", "GetAccountSummary", {})).SummaryMap as Summary, []);
  return (
    <ContentLayout header={<Header variant="h1">{text.title}</Header>}>
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">{text.advice}</Header>}>
          <Show from={summary}>{(found) => <Advice summary={found} />}</Show>
        </Container>
        <Container header={<Header variant="h2">{text.resources}</Header>}>
          <Show from={summary}>{(found) => <Counts summary={found} />}</Show>
        </Container>
        <Findings />
        <Denials />
        <Facts
          title={text.account}
          facts={{
            [text.accountId]: session.accountId,
            [text.alias]: session.accountAlias,
            [text.signIn]: <Copied text={signInUrl(session)} />,
          }}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}

function Advice({ summary }: { summary: Summary }) {
  const advice: [boolean, string, string][] = [
    [summary["AccountMFAEnabled"] === 1, text.rootMfa, text.noRootMfa],
    [summary["AccountAccessKeysPresent"] === 0, text.noRootKeys, text.rootKeys],
    [(summary["MFADevicesInUse"] ?? 0) >= (summary["Users"] ?? 0), text.usersMfa, text.noUsersMfa],
  ];
  return (
    <SpaceBetween size="xs">
      {advice.map(([good, praise, warning]) => (
        <Status key={praise} type={good ? "success" : "warning"}>
          {good ? praise : warning}
        </Status>
      ))}
    </SpaceBetween>
  );
}

function Counts({ summary }: { summary: Summary }) {
  return (
    <ColumnLayout columns={4} variant="text-grid">
      {COUNTED.map(([key, quota, label, page]) => (
        <div key={key}>
          <Box variant="awsui-key-label">{label}</Box>
          <PageLink to={page} fontSize="display-l">
            {String(summary[key] ?? 0)}
          </PageLink>
          <Box color="text-body-secondary">{text.of(summary[quota] ?? 0)}</Box>
        </div>
      ))}
    </ColumnLayout>
  );
}

function Findings() {
  const findings = useLoad(activeFindings, []);
  return (
    <Container header={<Header variant="h2">{text.findings}</Header>}>
      <Show from={findings}>
        {(found) => (
          <SpaceBetween size="xs">
            {found === null && <Box color="text-body-secondary">{strings.analyzer.none}</Box>}
            {found?.length === 0 && <Box color="text-body-secondary">{text.noFindings}</Box>}
            {found?.slice(0, MOST).map((each) => (
              <Status key={each.id} type="warning">
                {text.finding(each.resource ?? "", principalOf(each))}
              </Status>
            ))}
            <PageLink to="/analyzer">{found && found.length > MOST ? text.allFindings(found.length) : text.toFindings}</PageLink>
          </SpaceBetween>
        )}
      </Show>
    </Container>
  );
}

function Denials() {
  const denials = useLoad(recentDenials, []);
  return (
    <Container header={<Header variant="h2">{text.denials}</Header>}>
      <Show from={denials}>
        {(found) =>
          found.length === 0 ? (
            <Box color="text-body-secondary">{text.noDenials}</Box>
          ) : (
            <SpaceBetween size="xs">
              {found.map((event) => (
                <div key={event.id}>
                  <Ago at={event.time} /> – <PageLink to={path`/events?by=EventId&value=${event.id}`}>{event.name}</PageLink>: {event.message}
                </div>
              ))}
            </SpaceBetween>
          )
        }
      </Show>
    </Container>
  );
}
