/** What the analyzer has found: who outside of the account may use something of it. */
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { call } from "../api";
import { useDoing, useLoad } from "../load";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { Dialog } from "../parts/dialog";
import { Actions, List } from "../parts/list";
import { Nothing, Refused, Show } from "../parts/states";
import { Ago } from "../parts/time";
import { strings } from "../strings";
import { type Analyzer, type Finding, findingsOf, principalOf, theAnalyzer } from "../work/analyzer";

const text = strings.analyzer;

export default function AnalyzerPage() {
  usePage([text.title, "/analyzer"]);
  const analyzer = useLoad(theAnalyzer, []);
  const [open, setOpen] = useState<"create" | "delete">();
  const tell = useTell();
  const done = (said: string) => {
    setOpen(undefined);
    analyzer.reload();
    tell("success", said);
  };
  const found = analyzer.value;
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={text.description} actions={found && <ActionButton needs="access-analyzer:DeleteAnalyzer" onClick={() => setOpen("delete")}>{text.delete}</ActionButton>}>
          {text.title}
        </Header>
      }
    >
      <Show from={analyzer}>
        {(present) => (present ? <Findings analyzer={present} /> : <Without create={() => setOpen("create")} />)}
      </Show>
      {open === "create" && <Create done={() => done(text.made)} close={() => setOpen(undefined)} />}
      {open === "delete" && (
        <Confirm
          title={text.deleteTitle(found?.name ?? "")}
          typed={found?.name ?? ""}
          work={() => call("accessanalyzer", "DeleteAnalyzer", { analyzerName: found?.name })}
          done={() => done(text.deleted)}
          close={() => setOpen(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </ContentLayout>
  );
}

function Without({ create }: { create: () => void }) {
  return (
    <Nothing title={text.none}>
      <p>{text.noneWhat}</p>
      <ActionButton needs="access-analyzer:CreateAnalyzer" variant="primary" onClick={create}>
        {text.create}
      </ActionButton>
    </Nothing>
  );
}

function Create({ done, close }: { done: () => void; close: () => void }) {
  const [name, setName] = useState("account");
  const create = () => call("accessanalyzer", "CreateAnalyzer", { analyzerName: name, type: "ACCOUNT" });
  return (
    <Dialog title={text.create} action={text.create} ready={name !== ""} work={create} done={done} close={close}>
      <FormField label={text.name}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
    </Dialog>
  );
}

function Findings({ analyzer }: { analyzer: Analyzer }) {
  const findings = useLoad(() => findingsOf(analyzer.arn), [analyzer.arn]);
  const doing = useDoing();
  const tell = useTell();
  const put = async (status: "ACTIVE" | "ARCHIVED", selected: Finding[]) => {
    const ids = selected.map((each) => each.id ?? "");
    if (!(await doing.run(() => call("accessanalyzer", "UpdateFindings", { analyzerArn: analyzer.arn, status, ids })))) return;
    findings.reload();
    tell("success", text.saved(ids.length));
  };
  return (
    <>
      <Refused error={doing.error} />
      <List
        title={text.findings}
        variant="container"
        from={findings}
        trackBy="id"
        labelBy="resource"
        selection="multi"
        empty={text.empty}
        columns={[
          { id: "resource", header: text.resource, cell: (each) => each.resource, sortingField: "resource", isRowHeader: true },
          { id: "status", header: text.status, cell: (each) => <Status finding={each} />, sortingField: "status" },
          { id: "who", header: text.who, cell: principalOf },
          { id: "actions", header: text.actions, cell: (each) => each.action?.join(", ") },
          { id: "conditions", header: text.conditions, cell: (each) => pairs(each.condition) },
          { id: "updated", header: text.updated, cell: (each) => <Ago at={each.updated} />, sortingField: "updated" },
        ]}
        actions={(selected) => (
          <Actions>
            <ActionButton needs="access-analyzer:UpdateFindings" disabled={!selected.some((each) => each.status === "ARCHIVED")} onClick={() => void put("ACTIVE", selected)}>
              {text.unarchive}
            </ActionButton>
            <ActionButton needs="access-analyzer:UpdateFindings" disabled={!selected.some((each) => each.status === "ACTIVE")} onClick={() => void put("ARCHIVED", selected)}>
              {text.archive}
            </ActionButton>
          </Actions>
        )}
      />
    </>
  );
}

function Status({ finding }: { finding: Finding }) {
  const status = finding.status ?? "";
  return <StatusIndicator type={status === "ACTIVE" ? "warning" : "stopped"}>{text.statuses[status] ?? status}</StatusIndicator>;
}

function pairs(conditions: Record<string, string> | undefined): string {
  return Object.entries(conditions ?? {})
    .map(([key, value]) => `${key} = ${value}`)
    .join(", ");
}
