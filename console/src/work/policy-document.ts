/** A policy's document as forms show it. It stays as it is written but for what is changed: order, elements that no form
 * knows, texts that stand alone or in a list. */
import { ELEMENTS, type StatementKind } from "./policy-kinds";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Statement = Record<string, Json>;
export interface Document {
  whole: Record<string, Json>;
  statements: Statement[];
}
/** Why forms cannot show a document. */
export type Unshown = "notJson" | "notFaithful" | "noStatements";

const TOKENS = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g;
const INDENT = 4;

/** The document of a text. */
export function opened(text: string): Document | Unshown {
  let whole: Json;
  try {
    whole = JSON.parse(text) as Json;
  } catch {
    return "notJson";
  }
  if (!isObject(whole)) return "noStatements";
  // Parsing forgets a key that is there twice, the order of keys that are numbers, and digits of long numbers.
  if (tokensOf(text) !== tokensOf(JSON.stringify(whole))) return "notFaithful";
  const { Statement } = whole;
  const statements = Array.isArray(Statement) ? Statement : isObject(Statement) ? [Statement] : undefined;
  return statements?.every(isObject) ? { whole, statements } : "noStatements";
}

/** The text of a document with other statements. */
export function written({ whole }: Document, statements: Statement[]): string {
  const alone = isObject(whole.Statement) && statements.length === 1;
  return JSON.stringify({ ...whole, Statement: alone ? statements[0]! : statements }, null, INDENT);
}

function tokensOf(text: string): string {
  return JSON.stringify((text.match(TOKENS) ?? []).map((each) => (each.startsWith('"') ? `"${JSON.parse(each) as string}` : each)));
}

export function isObject(value: Json | undefined): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Texts that stand alone or in a list; undefined for anything else. */
export function textsIn(value: Json | undefined): string[] | undefined {
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
}

/** Texts as they were written before: one that stood alone stands alone. */
function asBefore(texts: string[], before: Json | undefined): Json {
  return typeof before === "string" && texts.length === 1 ? texts[0]! : texts;
}

/** The statement with that element, at the place that it had or that AWS gives it; undefined takes it away. */
export function put(statement: Statement, name: string, value: Json | undefined, kind: StatementKind): Statement {
  if (value === undefined || name in statement) {
    const kept = Object.entries(statement).filter(([each]) => each !== name || value !== undefined);
    return Object.fromEntries(kept.map(([each, old]) => [each, each === name ? value! : old]));
  }
  const order = ELEMENTS[kind];
  const entries = Object.entries(statement);
  const behind = entries.findLastIndex(([each]) => order.indexOf(each) < order.indexOf(name) && order.includes(each));
  return Object.fromEntries([...entries.slice(0, behind + 1), [name, value], ...entries.slice(behind + 1)]);
}

export const putTexts = (statement: Statement, name: string, texts: string[], kind: StatementKind) =>
  put(statement, name, asBefore(texts, statement[name]), kind);

/** The statement with an element under another name, `Action` as `NotAction`. */
export function renamed(statement: Statement, from: string, to: string): Statement {
  return Object.fromEntries(Object.entries(statement).map(([name, value]) => [name === from ? to : name, value]));
}

/** Which of an element and its opposite the statement has. */
export function elementOf(statement: Statement, name: "Action" | "Resource"): string {
  return !(name in statement) && `Not${name}` in statement ? `Not${name}` : name;
}

/** A principal: kind and name; `*` stands for anyone, without a name. */
export type Principal = [kind: string, name: string];

export function principalsIn(value: Json | undefined): Principal[] | undefined {
  if (value === undefined) return [];
  if (value === "*") return [["*", ""]];
  if (!isObject(value)) return undefined;
  const lists = Object.entries(value).map(([kind, names]) => textsIn(names)?.map((name): Principal => [kind, name]));
  return lists.every((each) => each !== undefined && each.length > 0) ? (lists as Principal[][]).flat() : undefined;
}

export function writtenPrincipals(principals: Principal[], before: Json | undefined): Json {
  if (principals.length === 1 && principals[0]![0] === "*") return "*";
  const kinds = new Map<string, string[]>();
  for (const [kind, name] of principals.map((each): Principal => (each[0] === "*" ? ["AWS", "*"] : each))) {
    kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  const known = isObject(before) ? before : {};
  return Object.fromEntries([...kinds].map(([kind, names]) => [kind, asBefore(names, known[kind] ?? "")]));
}

/** A condition: operator, key, and the values as they are written. */
export interface Condition {
  operator: string;
  key: string;
  written: Json;
}

const isScalar = (value: Json) => ["string", "boolean", "number"].includes(typeof value) && !String(value).includes("\n");

export function conditionsIn(value: Json | undefined): Condition[] | undefined {
  if (value === undefined) return [];
  if (!isObject(value)) return undefined;
  const found: Condition[] = [];
  for (const [operator, keys] of Object.entries(value)) {
    if (!isObject(keys) || Object.keys(keys).length === 0) return undefined;
    for (const [key, values] of Object.entries(keys)) {
      if (!(Array.isArray(values) ? values.length > 0 && values.every(isScalar) : isScalar(values))) return undefined;
      found.push({ operator, key, written: values });
    }
  }
  return found;
}

export function writtenConditions(conditions: Condition[]): Json | undefined {
  const operators = new Map<string, [string, Json][]>();
  for (const { operator, key, written } of conditions) operators.set(operator, [...(operators.get(operator) ?? []), [key, written]]);
  const found = [...operators].map(([operator, keys]) => [operator, Object.fromEntries(keys)] as const);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

export function valuesOf({ written }: Condition): string[] {
  return (Array.isArray(written) ? written : [written]).map(String);
}

/** Values as they are to be written: one stands alone, unless it stood in a list before. */
export function writtenValues(values: string[], before: Json | undefined): Json {
  return asBefore(values, Array.isArray(before) ? before : "");
}

/** The elements that no form shows: unknown ones, and those with something unexpected in them. */
export function unshownIn(statement: Statement, kind: StatementKind): string[] {
  const shown: Record<string, (value: Json | undefined) => unknown> = {
    Sid: (value) => typeof value === "string",
    Effect: (value) => value === "Allow" || value === "Deny",
    [elementOf(statement, "Action")]: textsIn,
    ...(kind !== "trust" && { [elementOf(statement, "Resource")]: textsIn }),
    ...((kind === "trust" || kind === "rcp") && { Principal: principalsIn }),
    Condition: conditionsIn,
  };
  return Object.keys(statement).filter((name) => !shown[name]?.(statement[name]));
}
