/** One identity provider. */
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { useLoad } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Confirm } from "../parts/confirm";
import { OidcProvider } from "../parts/oidc-provider";
import { SamlProvider } from "../parts/saml-provider";
import { Tags } from "../parts/tags";
import { strings } from "../strings";
import { deleteProvider, kindOf, nameOf, tag, tagsOf, untag } from "../work/providers";

const text = strings.providers;

export default function ProviderPage() {
  const { arn = "" } = useParams();
  const name = nameOf(arn);
  usePage([text.title, "/providers"], [name, path`/providers/${arn}`]);
  const tags = useLoad(() => tagsOf(arn), [arn]);
  const operand = kindOf(arn) === "oidc" ? "OpenIDConnectProvider" : "SAMLProvider";
  const [leaving, setLeaving] = useState(false);
  const navigate = useNavigate();
  const tell = useTell();
  const deleted = () => {
    tell("success", text.deleted(name));
    void navigate("/providers");
  };
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={text[kindOf(arn)]}
          actions={
            <ActionButton needs={`iam:Delete${operand}`} onClick={() => setLeaving(true)}>{text.delete}</ActionButton>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {kindOf(arn) === "oidc" ? <OidcProvider arn={arn} /> : <SamlProvider arn={arn} />}
        <Tags from={tags} needs={`iam:Tag${operand}`} set={(added) => tag(arn, added)} remove={(keys) => untag(arn, keys)} />
      </SpaceBetween>
      {leaving && (
        <Confirm title={text.deleteTitle(name)} typed={name} work={() => deleteProvider(arn)} done={deleted} close={() => setLeaving(false)}>
          {text.deleteWhat}
        </Confirm>
      )}
    </ContentLayout>
  );
}
