/** The policies of the organization, a type at a time. */
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { call } from "../api";
import { useLoad } from "../load";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { controlColumns, ownedColumn } from "../parts/control-columns";
import { ControlKindField, kindIn } from "../parts/control-kind";
import { Actions, List } from "../parts/list";
import { strings } from "../strings";
import { type Control, controlsOf } from "../work/organization";

const text = strings.controls;

export default function OrganizationPolicies() {
  usePage([text.list, "/organization/policies"]);
  const [query, setQuery] = useSearchParams();
  const kind = kindIn(query);
  const policies = useLoad(() => controlsOf(kind), [kind]);
  const [leaving, setLeaving] = useState<Control>();
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = (name: string) => {
    setLeaving(undefined);
    policies.reload();
    tell("success", text.deleted(name));
  };
  return (
    <SpaceBetween size="l">
      <List
        title={text.list}
        description={text.listWhat}
        from={policies}
        trackBy="id"
        labelBy="name"
        selection="single"
        empty={text.empty}
        above={<ControlKindField kind={kind} choose={(chosen) => setQuery({ kind: chosen }, { replace: true })} />}
        columns={[...controlColumns, ownedColumn]}
        actions={([selected]) => (
          <Actions>
            <ActionButton needs="organizations:DeletePolicy" disabled={!selected || selected.isAws} onClick={() => setLeaving(selected)}>
              {strings.confirm.delete}
            </ActionButton>
            <ActionButton needs="organizations:CreatePolicy" variant="primary" onClick={() => void navigate(`/organization/policies/create?kind=${kind}`)}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {leaving && (
        <Confirm
          title={text.deleteTitle(leaving.name)}
          typed={leaving.name}
          work={() => call("organizations", "DeletePolicy", { PolicyId: leaving.id })}
          done={() => deleted(leaving.name)}
          close={() => setLeaving(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </SpaceBetween>
  );
}
