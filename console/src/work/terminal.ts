/** Commands of the AWS CLI, run by the server; and what was typed, kept in this browser for each person. */
import { post } from "../api";

export interface Printed {
  text: string;
  status: number;
  /** There is, or may be, a secret in the line. */
  secret: boolean;
}

const KEPT = 200;

export const run = (line: string) => post<Printed>("me/terminal", { line });

export const completions = (line: string) => post<{ typed: string; candidates: string[] }>("me/terminal/completion", { line });

/** The beginning that all of them share. */
export function shared(words: string[]): string {
  const [first = "", ...rest] = words;
  let end = first.length;
  for (const word of rest) while (!word.startsWith(first.slice(0, end))) end--;
  return first.slice(0, end);
}

const keyOf = (arn: string) => `iamd-terminal ${arn}`;

/** The oldest first. */
export function historyOf(arn: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(arn)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

/** The history with that line at its end, once. */
export function remember(arn: string, line: string): string[] {
  const lines = [...historyOf(arn).filter((each) => each !== line), line].slice(-KEPT);
  try {
    localStorage.setItem(keyOf(arn), JSON.stringify(lines));
  } catch {
    // A full store of the browser keeps what it has.
  }
  return lines;
}

export function forgetHistory(arn: string): void {
  localStorage.removeItem(keyOf(arn));
}
