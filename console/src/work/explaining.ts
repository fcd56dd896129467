/** Why something is allowed or denied: the engine's explanation, and a picture of it. */
import { post } from "../api";
import { strings } from "../strings";
import { asTrees, type Box, type Line, type Picture, policyName, shortName, type Tone, type Tree } from "./pictures";

export interface Statement {
  policy: string;
  sid: string | null;
  index: number;
  line: number;
  /** The statement in words: which one, of which policy. */
  place: string;
  effect: "Allow" | "Deny";
  reasons: string[];
}
/** What one kind of policy says; `level`, of control policies, counts from the organization's root. */
export interface Layer {
  layer: string;
  level: number | null;
  outcome: "allowed" | "explicitDeny" | "implicitDeny" | "notApplicable";
  said: string;
  policies: { name: string; group?: string | null }[];
  allPolicies: number;
  statements: Statement[];
  allStatements: number;
  nearest: Omit<Statement, "effect">[];
}
export interface Change {
  layer: string;
  advice: string;
  add: object | null;
}
export interface Explanation {
  principal: string;
  action: string;
  resource: string;
  decision: "allowed" | "explicitDeny" | "implicitDeny";
  settledBy: string | null;
  conclusion: string;
  missing: string[];
  layers: Layer[];
  /** Each way is a list of changes that allow it together. */
  ways: Change[][];
}
export interface Asked {
  principal: string;
  action: string;
  resource: string;
  /** Condition keys, `key=value`, one a line. */
  context: string;
}

export function explain({ principal, action, resource, context }: Asked): Promise<Explanation> {
  return post("access/explanation", {
    subject: { type: "principal", id: principal },
    action: { name: action },
    resource: { type: action.split(":")[0], id: resource || "*" },
    context: contextOf(context),
  });
}

export const explainDenial = (authorizationId: string) => post<Explanation>("access/explanation/denial", { authorizationId });

export const explainEvent = (eventId: string) => post<Explanation>("access/explanation/event", { eventId });

function contextOf(typed: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const line of typed.split("\n")) {
    const at = line.indexOf("=");
    const values = line.slice(at + 1).split(",").map((each) => each.trim());
    if (at > 0) found[line.slice(0, at).trim()] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return found;
}

const TONES: Record<Layer["outcome"], Tone> = { allowed: "good", explicitDeny: "bad", implicitDeny: "bad", notApplicable: "faint" };
const MOST = 6; // policies of a layer that are drawn

/** The principal at the left, each kind of policy with its policies and the statements that count, the decision. */
export function drawn(found: Explanation): Picture {
  const text = strings.explain;
  const who: Box = { id: "who", title: shortName(found.principal), lines: [text.asks(found.action)], tone: "plain" };
  const allowed = found.decision === "allowed";
  const end: Box = {
    id: "end",
    title: text.decisions[found.decision] ?? found.decision,
    lines: [found.action, shortName(found.resource)],
    tone: allowed ? "good" : "bad",
  };
  const lines: Line[] = [];
  const trees = found.layers.map((layer, at) => layerTree(layer, `layer ${at}`, lines));
  return asTrees(who, trees, end, lines);
}

function layerTree(layer: Layer, id: string, lines: Line[]): Tree {
  const text = strings.explain;
  const tone = TONES[layer.outcome];
  const title = text.layers[layer.layer] ?? layer.layer;
  const level = layer.level === null ? [] : [text.level(layer.level)];
  const box: Box = { id, title, lines: [...level, text.outcomes[layer.outcome] ?? layer.outcome], tone };
  lines.push({ from: "who", to: id, tone: tone === "faint" ? "faint" : "plain" });
  const counted = new Set(layer.statements.map((each) => each.policy));
  const policies = [...layer.policies].sort((one, other) => Number(counted.has(other.name)) - Number(counted.has(one.name)));
  const children = policies.slice(0, MOST).map(({ name, group }, at) => {
    const policy = `${id} policy ${at}`;
    const mine = layer.statements.filter((each) => each.policy === name);
    const denies = mine.some((each) => each.effect === "Deny");
    const said = mine.length ? (denies ? "bad" : "good") : "faint";
    lines.push({ from: id, to: policy, tone: said });
    const shown = mine.slice(0, MOST).map((each, count) => statement(each, `${policy} ${count}`, policy, lines));
    return { box: { id: policy, title: policyName(name), lines: group ? [text.group(group)] : [], tone: said as Tone }, children: shown };
  });
  const hidden = layer.allPolicies - children.length;
  if (hidden > 0) children.push({ box: { id: `${id} more`, title: text.more(hidden), lines: [], tone: "faint" }, children: [] });
  if (layer.statements.length === 0 && layer.outcome !== "notApplicable") {
    for (const from of children.length ? children.map((each) => each.box.id) : [id]) lines.push({ from, to: "end", tone });
  }
  return { box, children };
}

function statement(said: Statement, id: string, policy: string, lines: Line[]): Tree {
  const text = strings.explain;
  const tone = said.effect === "Deny" ? "bad" : "good";
  lines.push({ from: policy, to: id, tone }, { from: id, to: "end", tone });
  const title = said.sid ? text.sid(said.sid) : text.statement(said.index + 1);
  return { box: { id, title, lines: [text.effects[said.effect], text.line(said.line)], tone }, children: [] };
}
