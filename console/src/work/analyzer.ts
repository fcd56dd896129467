/** The analyzer of access from outside, of which an account has one in a Region. */
import { call, type Reply } from "../api";
import { strings } from "../strings";

export type Analyzer = NonNullable<Reply<"accessanalyzer", "ListAnalyzers">["analyzers"]>[number];
/** `updated` is in seconds of the epoch: this API has its times as texts. */
export type Finding = NonNullable<Reply<"accessanalyzer", "ListFindings">["findings"]>[number] & { updated: number };

/** null when there is none. */
export async function theAnalyzer(): Promise<Analyzer | null> {
  const { analyzers } = await call("accessanalyzer", "ListAnalyzers", { type: "ACCOUNT" });
  return analyzers?.[0] ?? null;
}

export async function findingsOf(analyzerArn: string | undefined): Promise<Finding[]> {
  const found: Finding[] = [];
  let nextToken: string | undefined;
  do {
    const reply = await call("accessanalyzer", "ListFindings", { analyzerArn, maxResults: 100, ...(nextToken && { nextToken }) });
    found.push(...(reply.findings ?? []).map((each) => ({ ...each, updated: Date.parse(String(each.updatedAt)) / 1000 })));
    nextToken = reply.nextToken;
  } while (nextToken);
  return found;
}

/** Those that are active; null without an analyzer. */
export async function activeFindings(): Promise<Finding[] | null> {
  const analyzer = await theAnalyzer();
  return analyzer && (await findingsOf(analyzer.arn)).filter((each) => each.status === "ACTIVE");
}

/** Who has the access that was found. */
export function principalOf(finding: Finding): string {
  return finding.isPublic ? strings.analyzer.everyone : Object.values(finding.principal ?? {}).join(", ");
}
