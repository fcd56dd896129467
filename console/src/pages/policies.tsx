/** The managed policies: the account's own and AWS's. */
import { useState } from "react";
import { useNavigate } from "react-router";

import { everything, type Reply } from "../api";
import { mapped, useLoad } from "../load";
import { PageLink, path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { Actions, List } from "../parts/list";
import { typeOf } from "../parts/permissions";
import { isOfType, type PolicyType, PolicyTypeField } from "../parts/policy-type";
import { Ago } from "../parts/time";
import { strings } from "../strings";
import { deletePolicy } from "../work/policies";

const text = strings.policies;
type Policy = NonNullable<Reply<"iam", "ListPolicies">["Policies"]>[number];

export default function Policies() {
  usePage([text.title, "/policies"]);
  const policies = useLoad(() => everything("ListPolicies", {}, "Policies"), []);
  const [type, setType] = useState<PolicyType>("all");
  const [leaving, setLeaving] = useState<Policy>();
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = (name: string) => {
    setLeaving(undefined);
    policies.reload();
    tell("success", text.deleted(name));
  };
  const isOwn = (policy: Policy | undefined) => policy?.Arn !== undefined && !policy.Arn.includes("::aws:");
  return (
    <>
      <List
        title={text.title}
        description={text.description}
        from={mapped(policies, (found) => found.filter((policy) => isOfType(policy.Arn, type)))}
        above={<PolicyTypeField type={type} choose={setType} />}
        trackBy="Arn"
        labelBy="PolicyName"
        selection="single"
        empty={text.empty}
        columns={[
          {
            id: "name",
            header: text.name,
            cell: (policy) => <PageLink to={path`/policies/${policy.Arn ?? ""}`}>{policy.PolicyName}</PageLink>,
            sortingField: "PolicyName",
            isRowHeader: true,
          },
          { id: "type", header: text.type, cell: (policy) => typeOf(policy.Arn), sortingField: "Arn" },
          { id: "used", header: text.used, cell: (policy) => policy.AttachmentCount, sortingField: "AttachmentCount" },
          { id: "updated", header: text.updated, cell: (policy) => <Ago at={policy.UpdateDate} />, sortingField: "UpdateDate" },
        ]}
        actions={([selected]) => (
          <Actions>
            <ActionButton needs="iam:DeletePolicy" disabled={!isOwn(selected)} onClick={() => setLeaving(selected)}>
              {strings.confirm.delete}
            </ActionButton>
            <ActionButton needs="iam:CreatePolicy" variant="primary" onClick={() => void navigate("/policies/create")}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {leaving?.Arn && (
        <Confirm
          title={text.deleteTitle(leaving.PolicyName ?? "")}
          typed={leaving.PolicyName ?? ""}
          work={() => deletePolicy(leaving.Arn ?? "")}
          done={() => deleted(leaving.PolicyName ?? "")}
          close={() => setLeaving(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </>
  );
}
