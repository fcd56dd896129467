/** What recorded calls would come to after a change, asked of the server a span of time after the other. */
import { post } from "../api";
import { strings } from "../strings";
import { type IdentityKind, KINDS } from "./identities";
import { inTheWay } from "./policies";
import type { Identity } from "./simulation";

/** A call that changes policies, by its name with its parameters: `{"iam:PutUserPolicy": {...}}`. */
export type Change = Record<string, object>;

export interface Request {
  principal: string;
  action: string;
  resource: string;
}

interface Settled {
  statements: { policy: string; index: number; sid: string | null }[];
}
/** Calls of a principal for an action that would come out otherwise. Times are ISO 8601. */
export interface Flip extends Settled {
  principal: string;
  action: string;
  would: "allow" | "deny";
  calls: number;
  first: string;
  last: string;
  resources: string[];
  eventId: string;
}
export interface Tried extends Settled, Request {
  before: string;
  after: string;
}

interface Answer {
  calls: number;
  touched: number;
  driftedBefore: number;
  notDecided: Record<string, number>;
  flips: Flip[];
  requests: Tried[];
}
/** What is known so far. `since`: how far back calls have been looked at; `done`: which part of the work that is. */
export interface Replayed extends Omit<Answer, "notDecided"> {
  notDecided: number;
  since: Date | undefined;
  done: number;
}

export interface Question {
  changes: Change[];
  requests: Request[];
  /** How far back. */
  days: number;
  /** Whether calls of all accounts of the organization are meant. */
  organization: boolean;
}

const SPANS = [1, 7, 30, 90]; // days; the newest calls come first
const DAY = 86_400_000; // milliseconds
const MOST = 100; // requests

/** What comes of the question, again and again as more is known. Rejects with a Refusal. */
export async function* replay(question: Question, signal: AbortSignal): AsyncGenerator<Replayed> {
  const now = Date.now();
  const spans = SPANS.filter((each) => each <= question.days);
  let known: Replayed = { calls: 0, touched: 0, driftedBefore: 0, notDecided: 0, flips: [], requests: [], since: undefined, done: 0 };
  for (const [at, days] of spans.entries()) {
    const since = new Date(now - days * DAY);
    const until = known.since && justBefore(known.since);
    const { changes, requests, organization } = question;
    const body = { changes, organization, requests: at === 0 ? requests.slice(0, MOST) : [], since: since.toISOString(), ...(until && { until }) };
    known = joined(known, await post<Answer>("access/history/replay", body, signal), since, (at + 1) / spans.length);
    yield known;
  }
}

/** A microsecond before: both ends of a span are looked at. */
const justBefore = (time: Date) => new Date(time.getTime() - 1).toISOString().replace("Z", "999Z");

function joined(known: Replayed, more: Answer, since: Date, done: number): Replayed {
  const flips = new Map(known.flips.map((each) => [nameOf(each), each]));
  for (const flip of more.flips) {
    const before = flips.get(nameOf(flip));
    flips.set(nameOf(flip), before ? { ...before, calls: before.calls + flip.calls, first: flip.first } : flip);
  }
  return {
    calls: known.calls + more.calls,
    touched: known.touched + more.touched,
    driftedBefore: known.driftedBefore + more.driftedBefore,
    notDecided: known.notDecided + Object.values(more.notDecided).reduce((sum, each) => sum + each, 0),
    flips: [...flips.values()],
    requests: [...known.requests, ...more.requests],
    since,
    done,
  };
}

export const nameOf = ({ principal, action, would }: Flip) => `${principal} ${action} ${would}`;

/** In words, which statement decides. */
export function reasonOf({ statements }: Settled): string {
  const [statement] = statements;
  return statement ? strings.testChange.by(statement.sid ?? String(statement.index + 1), statement.policy) : strings.testChange.noStatement;
}

const PUT = { user: ["iam:PutUserPolicy", "UserName"], group: ["iam:PutGroupPolicy", "GroupName"], role: ["iam:PutRolePolicy", "RoleName"] } as const;
const ATTACH = {
  user: ["iam:AttachUserPolicy", "UserName"],
  group: ["iam:AttachGroupPolicy", "GroupName"],
  role: ["iam:AttachRolePolicy", "RoleName"],
} as const;
const BOUND = { user: ["iam:PutUserPermissionsBoundary", "UserName"], role: ["iam:PutRolePermissionsBoundary", "RoleName"] } as const;

export function inlineChange(kind: IdentityKind, name: string, PolicyName: string, PolicyDocument: string): Change[] {
  const [operation, owner] = PUT[kind];
  return [{ [operation]: { [owner]: name, PolicyName, PolicyDocument } }];
}

export function boundaryChange(kind: "user" | "role", name: string, PermissionsBoundary: string): Change[] {
  const [operation, owner] = BOUND[kind];
  return [{ [operation]: { [owner]: name, PermissionsBoundary } }];
}

/** Another version, with room made for it as when it is saved. */
export async function versionChange(PolicyArn: string, PolicyDocument: string): Promise<Change[]> {
  const VersionId = await inTheWay(PolicyArn);
  const room = VersionId ? [{ "iam:DeletePolicyVersion": { PolicyArn, VersionId } }] : [];
  return [...room, { "iam:CreatePolicyVersion": { PolicyArn, PolicyDocument, SetAsDefault: true } }];
}

/** Managed policies attached, or taken away together with inline ones. */
export function attachChange(kind: IdentityKind, name: string, arns: string[]): Change[] {
  const [operation, owner] = ATTACH[kind];
  return arns.map((PolicyArn) => ({ [operation]: { [owner]: name, PolicyArn } }));
}

export function removeChange(kind: IdentityKind, name: string, policies: { name: string; arn?: string }[]): Change[] {
  const owner = ATTACH[kind][1];
  return policies.map((policy) =>
    policy.arn
      ? { [`iam:Detach${KINDS[kind]}Policy`]: { [owner]: name, PolicyArn: policy.arn } }
      : { [`iam:Delete${KINDS[kind]}Policy`]: { [owner]: name, PolicyName: policy.name } },
  );
}

/** A new policy, attached to somebody. */
export function newPolicyChange(PolicyName: string, PolicyDocument: string, holder: Identity | undefined): Change[] {
  const made = [{ "iam:CreatePolicy": { PolicyName, PolicyDocument } }];
  if (!holder) return made;
  return [...made, ...attachChange(holder.kind, holder.name, [`arn:aws:iam::${holder.arn.split(":")[4]}:policy/${PolicyName}`])];
}
