/** Which permissions the person lacks, asked for all buttons of a page at once. */
import { ask } from "../api";
import { strings } from "../strings";
import { policyName } from "./pictures";

const FRESH = 60_000; // milliseconds that an answer is taken for
const MOST = 100; // actions of a question

/** What keeps the person from an action: a kind of policy, in AWS's word, and the policy if one denies it. */
interface Bar {
  layer: string;
  deniedBy?: string;
}
interface Known {
  asked: number;
  reason: Promise<string | undefined>;
}
const known = new Map<string, Known>();
let wanted: string[] = [];
let answer: Promise<Record<string, Bar>> | undefined;

/** Why the person lacks the permission for an action whatever it is about, as a sentence; undefined where that is not so. */
export function lacking(action: string): Promise<string | undefined> {
  const before = known.get(action);
  if (before && Date.now() - before.asked < FRESH) return before.reason;
  wanted.push(action);
  answer ??= Promise.resolve().then(theirs);
  const reason = answer.then(({ [action]: bar }) => bar && strings.lacking(action, bar.layer, bar.deniedBy && policyName(bar.deniedBy)));
  known.set(action, { asked: Date.now(), reason });
  return reason;
}

/** What is known of the actions that were wanted; nothing when it cannot be asked: the call itself tells then. */
async function theirs(): Promise<Record<string, Bar>> {
  const query = wanted.slice(0, MOST).map((each) => `action=${encodeURIComponent(each)}`);
  wanted = [];
  answer = undefined;
  return (await ask<{ lacking: Record<string, Bar> }>(`me/may?${query.join("&")}`).catch(() => ({ lacking: {} }))).lacking;
}
