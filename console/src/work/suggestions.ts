/** What may be written at a place of a policy. */
import { type PolicyKind, ELEMENTS, type StatementKind } from "./policy-kinds";
import { type Path, type Text, textsOf } from "./policy-text";
import { everywhere, type Form, type Key, meant, wordsFor, wordsOf } from "./vocabulary";

export interface Suggestion {
  value: string;
  /** What it is, in a word. */
  meta: string;
  about?: string;
  /** The statement's actions are about it. */
  fits?: boolean;
  /** It is a beginning: more can be suggested behind it. */
  goesOn?: boolean;
}

/** Suggestions, and the text that they take the place of. */
export interface Suggested {
  text: Text;
  found: Suggestion[];
}

const VERSIONS = ["2012-10-17", "2008-10-17"];
const PRINCIPALS = ["AWS", "Service", "Federated", "CanonicalUser"];
const LOGICAL = /^(Bool|Null)/;

/** What may be written where the cursor is, `offset` characters into the document of an account. */
export async function suggest(document: string, offset: number, kind: PolicyKind, account: string): Promise<Suggested | undefined> {
  const texts = textsOf(document);
  const text = texts.find((each) => each.from <= offset && offset <= each.to);
  if (!text || kind === "other") return undefined;
  const depth = depthOf(text.path);
  const place = text.path.slice(depth);
  if (depth === 0) return { text, found: atTop(text) };
  const actions = texts.filter((each) => isAction(each.path[depth]) && !each.isKey && startsWith(each.path, text.path.slice(0, depth)));
  const asked = { typed: document.slice(text.from, offset), actions: actions.map((each) => each.value), kind, account };
  return { text, found: await within(place, text.isKey, asked) };
}

interface Asked {
  /** What stands before the cursor. */
  typed: string;
  /** Those of the statement. */
  actions: string[];
  kind: StatementKind;
  account: string;
}

/** How many steps lead to the statement that a place is in; 0 outside of any. */
function depthOf(path: Path): number {
  if (path[0] !== "Statement") return 0;
  const depth = typeof path[1] === "number" ? 2 : 1;
  return path.length > depth ? depth : 0;
}

const isAction = (element: unknown) => element === "Action" || element === "NotAction";
const startsWith = (path: Path, start: Path) => start.every((step, at) => path[at] === step);
const plain = (values: string[], meta: string): Suggestion[] => values.map((value) => ({ value, meta }));

function atTop({ path, isKey }: Text): Suggestion[] {
  if (isKey && path.length === 1) return plain(["Version", "Id", "Statement"], "element");
  return path[0] === "Version" ? plain(VERSIONS, "version") : [];
}

async function within(place: Path, isKey: boolean, asked: Asked): Promise<Suggestion[]> {
  const [element, inner] = place;
  if (isKey && place.length === 1) return plain(ELEMENTS[asked.kind], "element");
  switch (element) {
    case "Effect":
      return plain(["Allow", "Deny"], "effect");
    case "Action":
    case "NotAction":
      return actionsFor(asked);
    case "Resource":
    case "NotResource":
      return resourcesFor(asked);
    case "Principal":
    case "NotPrincipal":
      return isKey ? plain(PRINCIPALS, "principal") : principalsFor(inner, asked);
    case "Condition":
      return conditionsFor(place, isKey, asked);
    default:
      return [];
  }
}

/** Services, until one is named; then its actions. Trust policies are about those of STS. */
async function actionsFor({ typed, kind }: Asked): Promise<Suggestion[]> {
  const [prefix, name] = typed.split(":");
  if (name === undefined) {
    const { services } = await everywhere();
    return services.map(([each, title]) => ({ value: `${each}:`, meta: title, goesOn: true, fits: kind === "trust" && each === "sts" }));
  }
  const words = await wordsOf(prefix ?? "");
  if (!words) return [];
  const actions = words.actions.map((each) => ({ value: `${words.prefix}:${each.name}`, meta: each.level, about: each.about }));
  return [{ value: `${words.prefix}:*`, meta: words.name }, ...actions];
}

/** The forms of ARNs of the services that the statement's actions are of, with the account filled in. */
async function resourcesFor({ actions, account, typed }: Asked): Promise<Suggestion[]> {
  const named = /^arn:[^:]*:([^:]+):/.exec(typed)?.[1];
  const found = named ? [await wordsOf(named)] : await wordsFor(actions);
  const forms = found.flatMap((words) => {
    const fitting = new Set(words && meant(words, actions).flatMap((each) => each.resources));
    const formOf = ({ name, arn }: Form) => ({ value: filled(arn, account), meta: `${words?.prefix} ${name}`, fits: fitting.has(name) });
    return (words?.resources ?? []).map(formOf);
  });
  return [{ value: "*", meta: "any resource" }, ...forms];
}

/** An ARN's form, with what is the same for most: `arn:aws:iam::123456789012:user/${UserNameWithPath}`. */
export function filled(arn: string, account: string): string {
  return arn.replace("${Partition}", "aws").replace("${Account}", account);
}

async function principalsFor(kind: unknown, { account }: Asked): Promise<Suggestion[]> {
  if (kind === "Service") return plain((await everywhere()).principals, "service");
  const root = `arn:aws:iam::${account}:root`;
  return kind === "AWS" ? [...plain([root], "this account"), ...plain(["*"], "anyone")] : plain(["*"], "anyone");
}

async function conditionsFor(place: Path, isKey: boolean, asked: Asked): Promise<Suggestion[]> {
  const [, operator, key] = place;
  if (isKey && place.length === 2) return plain(await operators(), "operator");
  if (isKey && place.length === 3) {
    const fitting = new Set((await wordsFor(asked.actions)).flatMap((words) => meant(words, asked.actions).flatMap((each) => each.keys)));
    return (await keysFor(asked.actions)).map(([value, type, , about]) => ({ value, meta: type, about, fits: fitting.has(value) }));
  }
  return key !== undefined && LOGICAL.test(String(operator)) ? plain(["true", "false"], "value") : [];
}

/** All operators, with what may stand before and behind them. */
export async function operators(): Promise<string[]> {
  const known = await everywhere();
  const whole = known.operators.flatMap((each) => (each === "Null" ? [each] : [each, each + known.ifExists]));
  const sets = known.qualifiers.flatMap((qualifier) => whole.filter((each) => each !== "Null").map((each) => qualifier + each));
  return [...whole, ...sets];
}

/** The condition keys that requests for those actions may have: the global ones, and their services' own. */
export async function keysFor(actions: string[]): Promise<Key[]> {
  const [{ keys }, found] = await Promise.all([everywhere(), wordsFor(actions)]);
  const all = new Map([...found.flatMap((words) => words.keys), ...keys].map((key) => [key[0], key]));
  return [...all.values()].sort(([one], [other]) => one.localeCompare(other));
}
