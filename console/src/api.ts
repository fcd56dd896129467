/** Calls of the server: operations by name, with the types that AWS's SDK publishes, and what concerns the session. */
import type * as accessanalyzer from "@aws-sdk/client-accessanalyzer";
import type * as cloudtrail from "@aws-sdk/client-cloudtrail";
import type * as iam from "@aws-sdk/client-iam";
import type * as organizations from "@aws-sdk/client-organizations";

interface Services {
  iam: typeof iam;
  cloudtrail: typeof cloudtrail;
  accessanalyzer: typeof accessanalyzer;
  organizations: typeof organizations;
}
export type Service = keyof Services;

/** A type of the SDK as JSON has it: times are seconds of the epoch, bytes base64. */
export type Wire<T> = T extends Date
  ? number
  : T extends Uint8Array
    ? string
    : T extends (infer E)[]
      ? Wire<E>[]
      : T extends object
        ? { [K in keyof T as K extends "$metadata" ? never : K]: Wire<T[K]> }
        : T;

type OperationOf<S extends Service> = {
  [K in keyof Services[S]]: K extends `${infer O}Command` ? O : never;
}[keyof Services[S]] &
  string;
type Any = any;
type CommandOf<S extends Service, O extends string> = Services[S][`${O}Command` & keyof Services[S]] extends abstract new (
  ...given: Any
) => infer C
  ? C
  : never;
type InputOf<C> = C extends { input: infer I } ? I : never;
type OutputOf<C> = C extends {
  resolveMiddleware: (stack: Any, configuration: Any, options: Any) => (given: Any) => Promise<{ output: infer O }>;
}
  ? O
  : never;

/** What a service answers to an operation: `Reply<"iam", "ListUsers">`. */
export type Reply<S extends Service, O extends string> = Wire<OutputOf<CommandOf<S, O>>>;

/** A role, by account and name, with the name and colour that the person has given it. */
export interface Switch {
  account: string;
  role: string;
  name: string;
  color: string;
}

/** Who is signed in. `arn` is that of who acts: the person, or the role that the person has switched to. */
export interface Session {
  accountId: string;
  accountAlias?: string | null;
  arn: string;
  userName: string;
  isRoot: boolean;
  /** Whether a role acts, which has no credentials of its own. */
  isRole: boolean;
  /** The account of a person whom an identity provider or a broker has let in, and who has no password; null for others. */
  fromElsewhere: string | null;
  actingAs: Switch | null;
  /** The roles that the person has used in this browser, the last one first. */
  roles: Switch[];
  mfa: boolean;
  expires: number;
  passwordExpires: number | null;
  csrf: string;
}

/** One of the person's sessions: in a browser, or of a program that acts as the person, on this device or another. */
export interface ListedSession {
  id: string;
  kind: "browser" | "program" | "remote-program";
  started: number;
  expires: number;
  agent?: string;
  address?: string;
  /** When a program has last got credentials. */
  renewed?: number;
  mfa: boolean;
  current: boolean;
}

/** A refusal, in the words of the server; a denial names the permission that lacks. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const STOPPED = "Stopped";
let csrf = "";
/** The account of a person whom an identity provider or a broker has let in; empty for others. */
let from = "";

async function request<T>(method: "GET" | "POST", path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/console/${path}`, {
      method,
      ...(signal && { signal }),
      ...(method === "POST" && {
        body: JSON.stringify(body ?? {}),
        headers: { "content-type": "application/json", "x-iamd-csrf": csrf },
      }),
    });
  } catch {
    if (signal?.aborted) throw new Refusal(STOPPED, "");
    throw new Refusal("Unreachable", "The server cannot be reached. Please try again.");
  }
  if (answer.status === 401) {
    goToSignIn();
  }
  const told = (await answer.json().catch(() => ({}))) as { code?: string; message?: string };
  if (!answer.ok) throw new Refusal(told.code ?? String(answer.status), told.message ?? answer.statusText);
  return told as T;
}

/** Leave for the sign-in, which leads back to this page. */
export function goToSignIn(): void {
  const here = location.pathname + location.search;
  const elsewhere = from && `&from=elsewhere&account=${from}`;
  location.replace(`/console/sign-in?to=${encodeURIComponent(here)}${elsewhere}`);
}

/** Who is signed in; leads to the sign-in when nobody is. */
export async function loadSession(): Promise<Session> {
  const session = await request<Session>("GET", "me/session");
  csrf = session.csrf;
  from = session.fromElsewhere ?? "";
  return session;
}

/** What a password needs: in words, and as patterns of which it has at least so many, where there are any. */
export interface Requirement {
  words: string;
  patterns: string[];
  least: number;
}

/** The rules for the password of the person who is signed in, and when it expires. */
export interface OwnPassword {
  requirements: Requirement[];
  expires: number | null;
}

export const loadOwnPassword = () => request<OwnPassword>("GET", "me/password");

/** The person's sessions, newest first. */
export async function loadSessions(): Promise<ListedSession[]> {
  return (await request<{ sessions: ListedSession[] }>("GET", "me/sessions")).sessions;
}

/** Something to read, below `/console/`. Rejects with a Refusal. */
export const ask = <T>(path: string) => request<T>("GET", path);

/** Something that concerns the person, below `/console/`. Rejects with a Refusal, whose code is STOPPED when it was. */
export const post = <T = object>(path: string, body?: unknown, signal?: AbortSignal) => request<T>("POST", path, body, signal);

export const endSession = (id: string) => request<object>("POST", "me/sessions/end", { id });
export const switchRole = (to: Switch) => request<object>("POST", "me/switch-role", to);
export const switchBack = () => request<object>("POST", "me/switch-back");
export const signOut = () => request<object>("POST", "me/sign-out");
export const signOutEverywhere = () => request<object>("POST", "me/sign-out-everywhere");

/** Invoke an operation as the person who is signed in. Rejects with a Refusal. */
export function call<S extends Service, O extends OperationOf<S>>(
  service: S,
  operation: O,
  input: Wire<InputOf<CommandOf<S, O>>>,
): Promise<Reply<S, O>> {
  return request("POST", `api/${service}/${operation}`, input);
}

/** The same of a service for which the SDK publishes no types. */
export function callUntyped<T>(service: string, operation: string, input: object): Promise<T> {
  return request("POST", `api/${service}/${operation}`, input);
}

const MOST = 1000; // items of a page, as many as IAM gives

/** What all pages of a listing of IAM hold together: `everything("ListUsers", {}, "Users")`. */
export async function everything<O extends OperationOf<"iam">, K extends keyof Reply<"iam", O>>(
  operation: O,
  input: Wire<InputOf<CommandOf<"iam", O>>>,
  key: K,
): Promise<NonNullable<Reply<"iam", O>[K]>> {
  const found: unknown[] = [];
  let marker: string | undefined;
  do {
    const reply = await call("iam", operation, { MaxItems: MOST, ...(input as object), Marker: marker } as typeof input);
    const { IsTruncated, Marker } = reply as { IsTruncated?: boolean; Marker?: string };
    found.push(...((reply[key] as unknown[] | undefined) ?? []));
    marker = IsTruncated ? Marker : undefined;
  } while (marker !== undefined);
  return found as NonNullable<Reply<"iam", O>[K]>;
}
