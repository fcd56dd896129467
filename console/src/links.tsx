/** Links within the console, which load no page anew. */
import Link, { type LinkProps } from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";

import type { Session } from "./api";

const BASE = "/console";

/** The address of a page, `/users/jane`, as the browser has it. Parts of it are put together with `path`. */
export function href(page: string): string {
  return BASE + page;
}

/** A page's path of parts that may hold anything: path`/users/${name}`. */
export function path(texts: TemplateStringsArray, ...parts: string[]): string {
  return String.raw({ raw: texts }, ...parts.map(encodeURIComponent));
}

/** The page of the user or role of an ARN; undefined where there is none. Sessions of a role are the role. */
export function principalPage(arn: string): string | undefined {
  const [, kind, name] = /:(user|role)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? /:(assumed-role)\/([^/]+)\//.exec(arn) ?? [];
  return name && (kind === "user" ? path`/users/${name}` : path`/roles/${name}`);
}

/** The page that explains why somebody may do something, or may not. */
export function explanationPage(principal: string, action: string, resource = "*", context = ""): string {
  const asked = { principal, action, ...(resource !== "*" && { resource }), ...(context && { context }) };
  return `/explain?${new URLSearchParams(asked).toString()}`;
}

/** Where users of the account sign in. */
export function signInUrl({ accountAlias, accountId }: Session): string {
  return `${location.origin}${href("/sign-in")}?account=${accountAlias ?? accountId}`;
}

/** Follows a link of any Cloudscape component without loading the page anew. */
export function useFollow(): (event: CustomEvent<{ href?: string; external?: boolean }>) => void {
  const navigate = useNavigate();
  return (event) => {
    const to = event.detail.href;
    if (!to?.startsWith(BASE) || event.detail.external) return;
    event.preventDefault();
    void navigate(to.slice(BASE.length));
  };
}

/** A link to a page of the console. */
export function PageLink({ to, children, ...more }: { to: string; children: ReactNode } & Pick<LinkProps, "variant" | "fontSize">) {
  return (
    <Link {...more} href={href(to)} onFollow={useFollow()}>
      {children}
    </Link>
  );
}
