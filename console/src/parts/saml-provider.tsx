/** What is known of a SAML provider; its metadata are read and replaced here. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { call } from "../api";
import { useLoad } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { nameOf } from "../work/providers";
import { ActionButton } from "./action-button";
import { Dialog } from "./dialog";
import { Copied, Facts } from "./facts";
import { Actions } from "./list";
import { MetadataField } from "./metadata";
import { Pre } from "./pre";
import { download } from "./secret";
import { Show } from "./states";
import { Moment } from "./time";

const text = strings.provider;

export function SamlProvider({ arn }: { arn: string }) {
  const SAMLProviderArn = arn;
  const provider = useLoad(() => call("iam", "GetSAMLProvider", { SAMLProviderArn }), [arn]);
  const [open, setOpen] = useState(false);
  const tell = useTell();
  const metadata = provider.value?.SAMLMetadataDocument ?? "";
  const done = () => {
    setOpen(false);
    provider.reload();
    tell("success", text.saved);
  };
  const actions = (
    <Actions>
      <Button iconName="download" onClick={() => download(`${nameOf(arn)}.xml`, metadata, "application/xml")}>
        {text.download}
      </Button>
      <ActionButton needs="iam:UpdateSAMLProvider" onClick={() => setOpen(true)}>{text.replaceMetadata}</ActionButton>
    </Actions>
  );
  return (
    <Show from={provider}>
      {(found) => (
        <SpaceBetween size="l">
          <Facts
            facts={{
              [text.arn]: <Copied text={arn} />,
              [text.uuid]: found.SAMLProviderUUID,
              [text.created]: <Moment at={found.CreateDate} />,
              [text.validUntil]: <Moment at={found.ValidUntil} />,
            }}
          />
          <Container header={<Header variant="h2" actions={actions}>{text.metadata}</Header>}>
            <Pre>{metadata}</Pre>
          </Container>
          {open && <Replace arn={arn} done={done} close={() => setOpen(false)} />}
        </SpaceBetween>
      )}
    </Show>
  );
}

function Replace({ arn, done, close }: { arn: string; done: () => void; close: () => void }) {
  const [metadata, setMetadata] = useState("");
  const save = () => call("iam", "UpdateSAMLProvider", { SAMLProviderArn: arn, SAMLMetadataDocument: metadata });
  return (
    <Dialog title={text.replaceMetadata} action={text.save} size="large" ready={metadata !== ""} work={save} done={done} close={close}>
      <MetadataField value={metadata} change={setMetadata} />
    </Dialog>
  );
}
