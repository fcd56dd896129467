/** Trust policies: who may assume a role. Five kinds of entities, as the AWS console knows them, and what a policy names. */
import { strings } from "../strings";
import { document as policy } from "./documents";

export type TrustedKind = "service" | "account" | "web" | "saml" | "custom";

/** What a person says of who may assume a role; of each kind, only what concerns it counts. */
export interface Trusted {
  kind: TrustedKind;
  service: string;
  account: string;
  externalId: string;
  mfa: boolean;
  provider: string;
  audience: string;
  subject: string;
  custom: string;
}

export const SAML_AUDIENCE = "https://signin.aws.amazon.com/saml";
export function somebody(account: string): Trusted {
  return {
    kind: "service", service: "", account, externalId: "", mfa: false, provider: "", audience: "", subject: "",
    custom: policy({ Effect: "Allow", Principal: {}, Action: "sts:AssumeRole" }),
  };
}

/** What lacks before a policy can be made of it. */
export function lacking(trusted: Trusted): (keyof Trusted)[] {
  const needed: Record<TrustedKind, (keyof Trusted)[]> = {
    service: ["service"],
    account: ["account"],
    web: ["provider", "audience"],
    saml: ["provider", "audience"],
    custom: ["custom"],
  };
  return needed[trusted.kind].filter((key) => trusted[key] === "" || (key === "account" && !/^\d{12}$/.test(trusted.account)));
}

export function trustPolicy(trusted: Trusted): string {
  const { provider } = trusted;
  switch (trusted.kind) {
    case "service":
      return allow({ Service: trusted.service }, "sts:AssumeRole");
    case "account": {
      const conditions = {
        ...(trusted.externalId && { StringEquals: { "sts:ExternalId": trusted.externalId } }),
        ...(trusted.mfa && { Bool: { "aws:MultiFactorAuthPresent": "true" } }),
      };
      return allow({ AWS: `arn:aws:iam::${trusted.account}:root` }, "sts:AssumeRole", conditions);
    }
    case "web": {
      const issuer = provider.slice(provider.indexOf("/") + 1);
      const conditions = {
        StringEquals: { [`${issuer}:aud`]: trusted.audience },
        ...(trusted.subject && { StringLike: { [`${issuer}:sub`]: trusted.subject } }),
      };
      return allow({ Federated: provider }, "sts:AssumeRoleWithWebIdentity", conditions);
    }
    case "saml":
      return allow({ Federated: provider }, "sts:AssumeRoleWithSAML", { StringEquals: { "SAML:aud": trusted.audience } });
    case "custom":
      return trusted.custom;
  }
}

function allow(Principal: object, Action: string, Condition: object = {}): string {
  return policy({ Effect: "Allow", Principal, Action, ...(Object.keys(Condition).length && { Condition }) });
}

/** Whom a trust policy names, in words; what cannot be read names nobody. `document` is percent-encoded, as IAM answers it. */
export function trustedBy(document: string | undefined): string[] {
  const text = strings.roles;
  const found = new Set<string>();
  for (const statement of statements(document)) {
    if (statement.Effect !== "Allow") continue;
    if (statement.Principal === "*") found.add(text.anyone);
    else for (const [kind, names] of Object.entries(statement.Principal ?? {})) for (const name of listOf(names)) found.add(inWords(kind, name));
  }
  return [...found];
}

/** Whether a trust policy lets people of that provider in, on some conditions. */
export function trustsProvider(document: string | undefined, arn: string): boolean {
  return statements(document).some(
    ({ Effect, Principal }) => Effect === "Allow" && typeof Principal === "object" && listOf(Principal.Federated ?? []).includes(arn),
  );
}

interface Statement {
  Effect?: string;
  Principal?: "*" | Record<string, string | string[]>;
}

function statements(document: string | undefined): Statement[] {
  try {
    return listOf((JSON.parse(decodeURIComponent(document ?? "")) as { Statement?: Statement | Statement[] }).Statement ?? []);
  } catch {
    return [];
  }
}

function inWords(kind: string, name: string): string {
  const text = strings.roles;
  if (name === "*") return text.anyone;
  if (kind === "Service") return text.service(name.replace(/\.amazonaws\.com$/, ""));
  if (kind === "Federated") return text.federated(name.replace(/^arn:aws:iam::\d+:/, ""));
  return text.account(name.replace(/^arn:aws:iam::(\d{12}):root$/, "$1"));
}

function listOf<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
