/** The record of what was called. */
import { call, type Reply } from "../api";

export type Event = NonNullable<Reply<"cloudtrail", "LookupEvents">["Events"]>[number];
/** The CloudTrail record of an event. */
export type EventRecord = Record<string, unknown> & { errorCode?: string; errorMessage?: string };

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
