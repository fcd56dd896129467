/** The record of what was called. */
import { call, callUntyped, type Reply } from "../api";

export type Event = NonNullable<Reply<"cloudtrail", "LookupEvents">["Events"]>[number];
/** The CloudTrail record of an event. */
export type EventRecord = Record<string, unknown> & {
  errorCode?: string;
  errorMessage?: string;
  sourceIPAddress?: string;
  additionalEventData?: { wouldBeDenied?: string[] };
  userIdentity?: { arn?: string; type?: string; userName?: string };
};

export interface Denial {
  id: string;
  time: number | undefined;
  name: string;
  message: string;
}

const MOST = 5;
const LOOKED_THROUGH = 4; // pages of fifty events

export function recordOf(event: Event): EventRecord {
  return JSON.parse(event.CloudTrailEvent ?? "{}") as EventRecord;
}

/** The newest denials among the last two hundred events. */
export async function recentDenials(): Promise<Denial[]> {
  const found: Denial[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < LOOKED_THROUGH && found.length < MOST; page++) {
    const reply = await call("cloudtrail", "LookupEvents", { MaxResults: 50, ...(NextToken && { NextToken }) });
    for (const event of reply.Events ?? []) {
      const record = recordOf(event);
      if (!record.errorCode?.startsWith("AccessDenied")) continue;
      found.push({ id: event.EventId ?? "", time: event.EventTime, name: event.EventName ?? "", message: record.errorMessage ?? "" });
    }
    NextToken = reply.NextToken;
    if (NextToken === undefined) break;
  }
  return found.slice(0, MOST);
}

export const ATTRIBUTES = ["EventName", "Username", "ResourceName", "EventSource", "AccessKeyId", "EventId", "ReadOnly"] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

/** What is looked for; without a value, everything. Times are seconds of the epoch. */
export interface Wanted {
  attribute: Attribute;
  value: string;
  from?: number | undefined;
}

/** A page of events, newest first, and the token of the next one. */
export async function lookUp(wanted: Wanted, NextToken?: string): Promise<{ events: Event[]; next: string | undefined }> {
  const reply = await call("cloudtrail", "LookupEvents", {
    MaxResults: 50,
    ...(wanted.value && { LookupAttributes: [{ AttributeKey: wanted.attribute, AttributeValue: wanted.value }] }),
    ...(wanted.from !== undefined && { StartTime: wanted.from }),
    ...(NextToken && { NextToken }),
  });
  return { events: reply.Events ?? [], next: reply.NextToken };
}

interface Statement {
  sid?: string;
  evaluatedEffect: string;
}
/** What one kind of policy said to a denied request. */
export interface Check {
  checkType: string;
  evaluatedEffect: string;
  matchedPolicies: { uri: string; matchedStatements: Statement[] }[];
}
/** Why a request was denied, as the engine worked it out. */
export interface Explanation {
  evaluations: { action: string; resource: string; evaluatedEffect: string; checks: Check[] }[];
}

/** The id by which a denial can be explained, at the end of its message; denials are kept for a day. */
export function authorizationId(record: EventRecord): string | undefined {
  return /authorization id: ([a-z0-9]{25})/.exec(record.errorMessage ?? "")?.[1];
}

/** Whether policies have refused it, or would have where the gateway refuses nothing. */
export function isDenial({ errorCode, additionalEventData }: EventRecord): boolean {
  return /AccessDenied|UnauthorizedOperation/.test(errorCode ?? "") || additionalEventData?.wouldBeDenied !== undefined;
}

export function explain(id: string): Promise<Explanation> {
  return callUntyped("iam-toolbox", "GetRequestAuthorizationDetails", { authorizationId: id });
}
