/** The credential report: all users and the state of their credentials. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { mapped, useDoing, useLoad } from "../load";
import { usePage } from "../page";
import { ActionButton } from "../parts/action-button";
import { Actions, List } from "../parts/list";
import { download } from "../parts/secret";
import { Refused } from "../parts/states";
import { Ago } from "../parts/time";
import { strings } from "../strings";
import { credentialReport, generateCredentialReport, type Row } from "../work/reports";

const text = strings.credentialReport;
const KEYS = [1, 2];

export default function CredentialReportPage() {
  usePage([text.title, "/credential-report"]);
  const report = useLoad(credentialReport, []);
  const doing = useDoing();
  const generate = () => doing.run(generateCredentialReport).then(report.reload);
  const found = report.value;
  return (
    <SpaceBetween size="l">
      <Refused error={doing.error} />
      {found === null && <Alert header={text.none}>{text.noneWhat}</Alert>}
      <List
        title={text.title}
        description={text.description}
        from={mapped(report, (found) => found?.rows ?? [])}
        trackBy="arn"
        empty={text.none}
        columns={[
          { id: "user", header: text.user, cell: (row) => userOf(row), sortingField: "user", isRowHeader: true },
          { id: "password", header: text.password, cell: (row) => <State value={row["password_enabled"]} on={text.on} off={text.off} /> },
          { id: "used", header: text.passwordUsed, cell: (row) => <When at={row["password_last_used"]} />, sortingField: "password_last_used" },
          { id: "mfa", header: text.mfa, cell: (row) => <State value={row["mfa_active"]} on={text.on} off={text.off} /> },
          ...KEYS.flatMap((number) => [
            {
              id: `key${number}`,
              header: text.key(number),
              cell: (row: Row) => <State value={row[`access_key_${number}_active`]} on={text.active} off={text.inactive} />,
            },
            {
              id: `used${number}`,
              header: text.keyUsed(number),
              cell: (row: Row) => <When at={row[`access_key_${number}_last_used_date`]} />,
              sortingField: `access_key_${number}_last_used_date`,
            },
          ]),
        ]}
        actions={() => (
          <Actions>
            <Button iconName="download" disabled={!found} onClick={() => found && download("credential_report.csv", found.csv)}>
              {text.download}
            </Button>
            <ActionButton needs="iam:GenerateCredentialReport" variant="primary" loading={doing.busy} onClick={() => void generate()}>
              {text.generate}
            </ActionButton>
          </Actions>
        )}
      />
    </SpaceBetween>
  );
}

function userOf(row: Row): string {
  return row["user"] === "<root_account>" ? text.root : (row["user"] ?? "");
}

function State({ value, on, off }: { value: string | undefined; on: string; off: string }) {
  if (value === "true") return <StatusIndicator type="success">{on}</StatusIndicator>;
  return <StatusIndicator type="stopped">{off}</StatusIndicator>;
}

/** A time of the report, or the reason why there is none. */
function When({ at }: { at: string | undefined }) {
  const seconds = Date.parse(at ?? "") / 1000;
  if (Number.isNaN(seconds)) return <>{at === "no_information" ? text.never : text.unknown}</>;
  return <Ago at={seconds} />;
}
