/** Adds an identity provider: of OpenID Connect or of SAML. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Tiles from "@cloudscape-design/components/tiles";
import { useState } from "react";
import { useNavigate } from "react-router";

import { call } from "../api";
import { useDoing } from "../load";
import { path } from "../links";
import { usePage, useTell } from "../page";
import { ActionButton } from "../parts/action-button";
import { Actions } from "../parts/list";
import { MetadataField } from "../parts/metadata";
import { Refused } from "../parts/states";
import { type Tag, TagFields } from "../parts/tags";
import { strings } from "../strings";
import { nameOf, type ProviderKind, thumbprints } from "../work/providers";

const text = strings.providerCreate;
const fields = strings.provider;
const NOTHING = { kind: "oidc" as ProviderKind, url: "", audience: "", thumbprints: "", name: "", metadata: "" };
type New = typeof NOTHING;

export default function ProviderCreate() {
  usePage([strings.providers.title, "/providers"], [text.title, "/providers/create"]);
  const [given, setGiven] = useState(NOTHING);
  const [tags, setTags] = useState<Tag[]>([]);
  const doing = useDoing();
  const navigate = useNavigate();
  const tell = useTell();
  const put = (changes: Partial<New>) => setGiven((before) => ({ ...before, ...changes }));
  const operand = given.kind === "saml" ? "SAMLProvider" : "OpenIDConnectProvider";
  const ready = given.kind === "oidc" ? given.url && given.audience : given.name && given.metadata;
  const save = () =>
    doing.run(async () => {
      const arn = await create(given, tags);
      tell("success", text.made(nameOf(arn)));
      void navigate(path`/providers/${arn}`);
    });
  const actions = (
    <Actions>
      <Button variant="link" onClick={() => void navigate("/providers")}>
        {strings.confirm.cancel}
      </Button>
      <ActionButton
        needs={[`iam:Create${operand}`, ...(tags.length ? [`iam:Tag${operand}`] : [])]}
        variant="primary"
        loading={doing.busy}
        disabled={!ready}
        onClick={() => void save()}
      >
        {strings.providers.create}
      </ActionButton>
    </Actions>
  );
  return (
    <ContentLayout header={<Header variant="h1">{text.title}</Header>}>
      <Form actions={actions}>
        <SpaceBetween size="l">
          <Refused error={doing.error} />
          <Container>
            <SpaceBetween size="l">
              <Kind kind={given.kind} choose={(kind) => put({ kind })} />
              {given.kind === "oidc" ? <OidcFields given={given} put={put} /> : <SamlFields given={given} put={put} />}
            </SpaceBetween>
          </Container>
          <Container header={<Header variant="h2">{strings.tags.title}</Header>}>
            <TagFields tags={tags} change={setTags} />
          </Container>
        </SpaceBetween>
      </Form>
    </ContentLayout>
  );
}

/** Resolves to the ARN. */
async function create(given: New, Tags: Tag[]): Promise<string> {
  if (given.kind === "saml") {
    const reply = await call("iam", "CreateSAMLProvider", { Name: given.name, SAMLMetadataDocument: given.metadata, Tags });
    return reply.SAMLProviderArn ?? "";
  }
  const ThumbprintList = thumbprints(given.thumbprints);
  const reply = await call("iam", "CreateOpenIDConnectProvider", {
    Url: given.url.trim(),
    ClientIDList: [given.audience.trim()],
    ...(ThumbprintList.length && { ThumbprintList }),
    Tags,
  });
  return reply.OpenIDConnectProviderArn ?? "";
}

function Kind({ kind, choose }: { kind: ProviderKind; choose: (kind: ProviderKind) => void }) {
  return (
    <FormField label={text.type} stretch>
      <Tiles
        value={kind}
        items={[
          { value: "oidc", label: strings.providers.oidc, description: text.oidcWhat },
          { value: "saml", label: strings.providers.saml, description: text.samlWhat },
        ]}
        onChange={({ detail }) => choose(detail.value as ProviderKind)}
      />
    </FormField>
  );
}

interface FieldsProps {
  given: New;
  put: (changes: Partial<New>) => void;
}

function OidcFields({ given, put }: FieldsProps) {
  return (
    <SpaceBetween size="m">
      <FormField label={text.url} constraintText={text.urlHint}>
        <Input value={given.url} type="url" placeholder="https://" onChange={({ detail }) => put({ url: detail.value })} />
      </FormField>
      <FormField label={fields.audience} constraintText={fields.audienceHint}>
        <Input value={given.audience} onChange={({ detail }) => put({ audience: detail.value })} />
      </FormField>
      <FormField label={fields.thumbprints} description={fields.thumbprintsHint} constraintText={fields.thumbprintsOptional}>
        <Textarea value={given.thumbprints} rows={2} spellcheck={false} onChange={({ detail }) => put({ thumbprints: detail.value })} />
      </FormField>
    </SpaceBetween>
  );
}

function SamlFields({ given, put }: FieldsProps) {
  return (
    <SpaceBetween size="m">
      <FormField label={text.name} constraintText={strings.instanceProfiles.nameHint}>
        <Input value={given.name} autoComplete={false} onChange={({ detail }) => put({ name: detail.value })} />
      </FormField>
      <MetadataField value={given.metadata} change={(metadata) => put({ metadata })} />
    </SpaceBetween>
  );
}
