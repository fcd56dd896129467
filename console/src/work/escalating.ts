/** Whom a principal can become, and how. */
import { post } from "../api";
import { strings } from "../strings";
import { type Box, inColumns, type Line, type Picture, shortName } from "./pictures";

export interface Step {
  action: string;
  resource: string;
  statements: { policy: string; index: number; sid: string | null }[];
  /** What a request would have to bring along, in words. */
  needs: string[];
}
export interface Edge {
  source: string;
  target: string;
  method: string;
  steps: Step[];
}
export interface Escalations {
  principal: string;
  administrators: string[];
  edges: Edge[];
  complete: boolean;
}

export const ADMINISTRATOR = "administrator";

export const escalationsOf = (arn: string) => post<Escalations>("access/escalations", { subject: { type: "principal", id: arn } });

/** The principal at the left, whom it can become in one step, in two, and so on; being an administrator at the right. */
export function drawn(found: Escalations): Picture {
  const text = strings.escalations;
  const columns = steps(found);
  const rules = new Set(found.administrators);
  const boxOf = (arn: string): Box => {
    const powerful = arn === ADMINISTRATOR || rules.has(arn);
    const about = rules.has(arn) ? [text.administrator] : [];
    return { id: arn, title: arn === ADMINISTRATOR ? text.administrator : shortName(arn), lines: about, tone: powerful ? "bad" : "plain" };
  };
  const lines = pairs(found.edges).map(([edge, ...more]): Line => {
    const tone = edge.target === ADMINISTRATOR || rules.has(edge.target) ? "bad" : "plain";
    return { from: edge.source, to: edge.target, tone, label: more.length ? text.several(edge.method, more.length) : edge.method };
  });
  return inColumns(columns.map((arns) => arns.map(boxOf)), lines);
}

/** The edges that have both ends in common. */
function pairs(edges: Edge[]): [Edge, ...Edge[]][] {
  const found = new Map<string, [Edge, ...Edge[]]>();
  for (const edge of edges) {
    const key = `${edge.source} ${edge.target}`;
    const known = found.get(key);
    if (known) known.push(edge);
    else found.set(key, [edge]);
  }
  return [...found.values()];
}

/** Who is reached in how many steps. */
function steps({ principal, edges }: Escalations): string[][] {
  const columns = [[principal]];
  const seen = new Set([principal]);
  let last = columns[0] ?? [];
  while (last.length > 0) {
    const reached = edges.filter((edge) => last.includes(edge.source) && edge.target !== ADMINISTRATOR && !seen.has(edge.target));
    last = [...new Set(reached.map((edge) => edge.target))];
    for (const arn of last) seen.add(arn);
    if (last.length) columns.push(last);
  }
  return edges.some((edge) => edge.target === ADMINISTRATOR) ? [...columns, [ADMINISTRATOR]] : columns;
}
