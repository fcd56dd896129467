/** Identity providers of both kinds, under one set of names. */
import { call } from "../api";
import type { Tag } from "../parts/tags";

export type ProviderKind = "oidc" | "saml";

export function kindOf(arn: string): ProviderKind {
  return arn.includes(":oidc-provider/") ? "oidc" : "saml";
}

/** What follows the kind in the ARN: a SAML provider's name, an OpenID Connect provider's issuer. */
export function nameOf(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

export interface Provider {
  arn: string;
  name: string;
  kind: ProviderKind;
}

export async function allProviders(): Promise<Provider[]> {
  const [oidc, saml] = await Promise.all([call("iam", "ListOpenIDConnectProviders", {}), call("iam", "ListSAMLProviders", {})]);
  const arns = [...(oidc.OpenIDConnectProviderList ?? []), ...(saml.SAMLProviderList ?? [])].map((each) => each.Arn ?? "");
  return arns.map((arn) => ({ arn, name: nameOf(arn), kind: kindOf(arn) }));
}

export function deleteProvider(arn: string): Promise<unknown> {
  return kindOf(arn) === "oidc"
    ? call("iam", "DeleteOpenIDConnectProvider", { OpenIDConnectProviderArn: arn })
    : call("iam", "DeleteSAMLProvider", { SAMLProviderArn: arn });
}

export async function tagsOf(arn: string): Promise<Tag[]> {
  const reply = await (kindOf(arn) === "oidc"
    ? call("iam", "ListOpenIDConnectProviderTags", { OpenIDConnectProviderArn: arn })
    : call("iam", "ListSAMLProviderTags", { SAMLProviderArn: arn }));
  return reply.Tags ?? [];
}

export function tag(arn: string, Tags: Tag[]): Promise<unknown> {
  return kindOf(arn) === "oidc"
    ? call("iam", "TagOpenIDConnectProvider", { OpenIDConnectProviderArn: arn, Tags })
    : call("iam", "TagSAMLProvider", { SAMLProviderArn: arn, Tags });
}

export function untag(arn: string, TagKeys: string[]): Promise<unknown> {
  return kindOf(arn) === "oidc"
    ? call("iam", "UntagOpenIDConnectProvider", { OpenIDConnectProviderArn: arn, TagKeys })
    : call("iam", "UntagSAMLProvider", { SAMLProviderArn: arn, TagKeys });
}

/** Thumbprints as people type them: between spaces, commas or on lines of their own, with or without colons. */
export function thumbprints(typed: string): string[] {
  return typed.replaceAll(":", "").split(/[\s,]+/).filter(Boolean);
}
