/** Which permissions the person lacks, asked for all buttons of a page at once. */
import { ask } from "../api";

const FRESH = 60_000; // milliseconds that an answer is taken for
const MOST = 100; // actions of a question

interface Known {
  asked: number;
  layer: Promise<string | undefined>;
}
const known = new Map<string, Known>();
let wanted: string[] = [];
let answer: Promise<Record<string, string>> | undefined;

/** The kind of policy that keeps the person from an action whatever it is about, in AWS's word; undefined where none does. */
export function lacking(action: string): Promise<string | undefined> {
  const before = known.get(action);
  if (before && Date.now() - before.asked < FRESH) return before.layer;
  wanted.push(action);
  answer ??= Promise.resolve().then(theirs);
  const layer = answer.then((found) => found[action]);
  known.set(action, { asked: Date.now(), layer });
  return layer;
}

/** What is known of the actions that were wanted; nothing when it cannot be asked: the call itself tells then. */
async function theirs(): Promise<Record<string, string>> {
  const query = wanted.slice(0, MOST).map((each) => `action=${encodeURIComponent(each)}`);
  wanted = [];
  answer = undefined;
  return (await ask<{ lacking: Record<string, string> }>(`me/may?${query.join("&")}`).catch(() => ({ lacking: {} }))).lacking;
}
