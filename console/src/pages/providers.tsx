/** The identity providers of the account. */
import { useState } from "react";
import { useNavigate } from "react-router";

import { useLoad } from "../load";
import { path, PageLink } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { Actions, List } from "../parts/list";
import { strings } from "../strings";
import { allProviders, deleteProvider, type Provider } from "../work/providers";

const text = strings.providers;

export default function Providers() {
  usePage([text.title, "/providers"]);
  const providers = useLoad(allProviders, []);
  const [leaving, setLeaving] = useState<Provider>();
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = (name: string) => {
    setLeaving(undefined);
    providers.reload();
    tell("success", text.deleted(name));
  };
  return (
    <>
      <List
        title={text.title}
        description={text.description}
        from={providers}
        trackBy="arn"
        labelBy="name"
        selection="single"
        empty={text.empty}
        columns={[
          {
            id: "name",
            header: text.name,
            cell: (provider) => <PageLink to={path`/providers/${provider.arn}`}>{provider.name}</PageLink>,
            sortingField: "name",
            isRowHeader: true,
          },
          { id: "type", header: text.type, cell: (provider) => text[provider.kind], sortingField: "kind" },
        ]}
        actions={([selected]) => (
          <Actions>
            <ActionButton
              needs={`iam:Delete${selected?.kind === "saml" ? "SAML" : "OpenIDConnect"}Provider`}
              disabled={selected === undefined}
              onClick={() => setLeaving(selected)}
            >
              {text.delete}
            </ActionButton>
            <ActionButton needs="iam:CreateOpenIDConnectProvider" variant="primary" onClick={() => void navigate("/providers/create")}>
              {text.create}
            </ActionButton>
          </Actions>
        )}
      />
      {leaving && (
        <Confirm
          title={text.deleteTitle(leaving.name)}
          typed={leaving.name}
          work={() => deleteProvider(leaving.arn)}
          done={() => deleted(leaving.name)}
          close={() => setLeaving(undefined)}
        >
          {text.deleteWhat}
        </Confirm>
      )}
    </>
  );
}
