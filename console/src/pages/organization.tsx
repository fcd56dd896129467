/** The organization: its units and accounts as a tree, and what is done with them. */
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import ContentLayout from "@cloudscape-design/components/content-layout";
import { useState } from "react";

import { call } from "../api";
import { useDoing, useLoad } from "../load";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { ActionMenu } from "../parts/action-menu";
import { Actions } from "../parts/list";
import { OrganizationDialogs, type Open } from "../parts/organization-dialogs";
import { OrganizationTree } from "../parts/organization-tree";
import { Nothing, Refused, Show } from "../parts/states";
import { strings } from "../strings";
import { type Node, theTree } from "../work/organization";

const text = strings.organization;

export default function OrganizationPage() {
  usePage([text.title, "/organization"]);
  const tree = useLoad(theTree, []);
  const [selected, setSelected] = useState<Node>();
  const [open, setOpen] = useState<Open["what"]>();
  const tell = useTell();
  const done = (said: string) => {
    setOpen(undefined);
    setSelected(undefined);
    tree.reload();
    tell("success", said);
  };
  const holds = selected !== undefined && selected.kind !== "account";
  const actions = tree.value && (
    <Actions>
      <Button iconName="refresh" ariaLabel={strings.list.refresh} loading={tree.loading} onClick={tree.reload} />
      <ActionMenu
        entries={[
          { id: "move", text: text.move, needs: "organizations:MoveAccount", disabled: selected?.kind !== "account" },
          { id: "rename", text: text.rename, needs: "organizations:UpdateOrganizationalUnit", disabled: selected?.kind !== "unit" },
          { id: "delete", text: text.delete, needs: "organizations:DeleteOrganizationalUnit", disabled: selected?.kind !== "unit" },
          { id: "account", text: text.createAccount, needs: "organizations:CreateAccount", disabled: !holds },
        ]}
        choose={setOpen}
      >
        {text.more}
      </ActionMenu>
      <ActionButton needs="organizations:CreateOrganizationalUnit" variant="primary" disabled={!holds} onClick={() => setOpen("unit")}>
        {text.createUnit}
      </ActionButton>
    </Actions>
  );
  return (
    <ContentLayout header={<Header variant="h1" description={text.description} actions={actions}>{text.title}</Header>}>
      <Show from={tree}>
        {(roots) => (roots === null ? <None done={() => done(text.foundDone)} /> : <OrganizationTree roots={roots} selected={selected} select={setSelected} />)}
      </Show>
      {open && selected && tree.value && (
        <OrganizationDialogs open={{ what: open, node: selected }} roots={tree.value} done={done} close={() => setOpen(undefined)} />
      )}
    </ContentLayout>
  );
}

function None({ done }: { done: () => void }) {
  const doing = useDoing();
  const found = async () => {
    if (await doing.run(() => call("organizations", "CreateOrganization", { FeatureSet: "ALL" }))) done();
  };
  return (
    <>
      <Refused error={doing.error} />
      <Nothing title={text.none}>
        <p>{text.noneWhat}</p>
        <ActionButton needs="organizations:CreateOrganization" variant="primary" loading={doing.busy} onClick={() => void found()}>
          {text.found}
        </ActionButton>
      </Nothing>
    </>
  );
}
