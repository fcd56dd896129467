/** Chooses who may assume a role: one of five kinds, and what each needs to know. */
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";

import { call } from "../api";
import { useLoad } from "../load";
import { PageLink } from "../links";
import { useSession } from "../session";
import { strings } from "../strings";
import { lacking, SAML_AUDIENCE, type Trusted, type TrustedKind } from "../work/trust";
import { everywhere } from "../work/vocabulary";
import { PolicyEditor } from "./policy-editor";
import { Refused } from "./states";

const text = strings.roleCreate;
const KINDS = Object.keys(text.kinds) as TrustedKind[];
interface Props {
  trusted: Trusted;
  put: (changes: Partial<Trusted>) => void;
  /** Whether to say what lacks. */
  insisting: boolean;
}

export function TrustedEntity(props: Props) {
  const { trusted, put } = props;
  const choose = (kind: TrustedKind) => put({ kind, provider: "", audience: kind === "saml" ? SAML_AUDIENCE : "" });
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{text.kind}</Header>}>
        <Tiles
          ariaLabel={text.kind}
          value={trusted.kind}
          columns={3}
          items={KINDS.map((kind) => ({ value: kind, label: text.kinds[kind][0], description: text.kinds[kind][1] }))}
          onChange={({ detail }) => choose(detail.value as TrustedKind)}
        />
      </Container>
      <Container header={<Header variant="h2">{text.kinds[trusted.kind][0]}</Header>}>
        <Details {...props} />
      </Container>
    </SpaceBetween>
  );
}

function Details({ trusted, put, insisting }: Props) {
  const lacks = (key: keyof Trusted) => insisting && lacking(trusted).includes(key) && text.missing;
  switch (trusted.kind) {
    case "service":
      return <ServiceField trusted={trusted} put={put} error={lacks("service")} />;
    case "account":
      return <AccountFields trusted={trusted} put={put} error={lacks("account")} />;
    case "custom":
      return <PolicyEditor value={trusted.custom} change={(custom) => put({ custom })} label={text.trust} kind="trust" />;
    default:
      return <ProviderFields key={trusted.kind} trusted={trusted} put={put} lacks={lacks} />;
  }
}

function ServiceField({ trusted, put, error }: Omit<Props, "insisting"> & { error: string | false }) {
  const known = useLoad(everywhere, []);
  return (
    <FormField label={text.service} description={text.serviceHint} errorText={error}>
      <Autosuggest
        value={trusted.service}
        options={(known.value?.principals ?? []).map((value) => ({ value }))}
        virtualScroll
        enteredTextLabel={text.useService}
        onChange={({ detail }) => put({ service: detail.value })}
      />
    </FormField>
  );
}

function AccountFields({ trusted, put, error }: Omit<Props, "insisting"> & { error: string | false }) {
  const own = useSession().accountId;
  return (
    <SpaceBetween size="m">
      <RadioGroup
        ariaLabel={text.kinds.account[0]}
        value={trusted.account === own ? "own" : "other"}
        items={[
          { value: "own", label: text.ownAccount(own) },
          { value: "other", label: text.otherAccount },
        ]}
        onChange={({ detail }) => put({ account: detail.value === "own" ? own : "" })}
      />
      {trusted.account !== own && (
        <FormField label={text.accountId} constraintText={text.accountHint} errorText={error}>
          <Input value={trusted.account} inputMode="numeric" onChange={({ detail }) => put({ account: detail.value.trim() })} />
        </FormField>
      )}
      <FormField label={text.external} description={text.externalHint}>
        <Input value={trusted.externalId} autoComplete={false} onChange={({ detail }) => put({ externalId: detail.value })} />
      </FormField>
      <Checkbox checked={trusted.mfa} onChange={({ detail }) => put({ mfa: detail.checked })}>
        {text.mfa}
      </Checkbox>
    </SpaceBetween>
  );
}

type ProviderProps = Omit<Props, "insisting"> & { lacks: (key: keyof Trusted) => string | false };

function ProviderFields({ trusted, put, lacks }: ProviderProps) {
  const web = trusted.kind === "web";
  const providers = useLoad(async () => {
    const found = web
      ? (await call("iam", "ListOpenIDConnectProviders", {})).OpenIDConnectProviderList
      : (await call("iam", "ListSAMLProviders", {})).SAMLProviderList;
    return (found ?? []).map((each) => each.Arn ?? "");
  }, [web]);
  const options = (providers.value ?? []).map((value) => ({ value, label: value.slice(value.indexOf("/") + 1) }));
  return (
    <SpaceBetween size="m">
      <Refused error={providers.error} />
      <FormField label={text.provider} errorText={lacks("provider")} secondaryControl={<PageLink to="/providers/create">{text.toProviders}</PageLink>}>
        <Select
          options={options}
          selectedOption={options.find((each) => each.value === trusted.provider) ?? null}
          statusType={providers.loading ? "loading" : "finished"}
          empty={text.noProviders}
          placeholder={text.provider}
          onChange={({ detail }) => put({ provider: detail.selectedOption.value ?? "" })}
        />
      </FormField>
      {web ? (
        <WebFields trusted={trusted} put={put} lacks={lacks} />
      ) : (
        <FormField label={text.samlAudience} description={text.samlAudienceHint} errorText={lacks("audience")}>
          <Input value={trusted.audience} onChange={({ detail }) => put({ audience: detail.value })} />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function WebFields({ trusted, put, lacks }: ProviderProps) {
  const OpenIDConnectProviderArn = trusted.provider;
  const audiences = useLoad(async () => {
    if (OpenIDConnectProviderArn === "") return [];
    return (await call("iam", "GetOpenIDConnectProvider", { OpenIDConnectProviderArn })).ClientIDList ?? [];
  }, [OpenIDConnectProviderArn]);
  return (
    <SpaceBetween size="m">
      <FormField label={text.audience} description={text.audienceHint} errorText={lacks("audience")}>
        <Autosuggest
          value={trusted.audience}
          options={(audiences.value ?? []).map((value) => ({ value }))}
          enteredTextLabel={text.useService}
          onChange={({ detail }) => put({ audience: detail.value })}
        />
      </FormField>
      <FormField label={text.subject} description={text.subjectHint}>
        <Input value={trusted.subject} autoComplete={false} onChange={({ detail }) => put({ subject: detail.value })} />
      </FormField>
    </SpaceBetween>
  );
}
