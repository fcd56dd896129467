/** The words of policies, out of the reference: asked for once, a service at a time. */
import { ask } from "../api";

/** A condition key: name, type, whether it has several values, and what it is. */
export type Key = [name: string, type: string, multivalued: boolean, about: string];

export interface Everywhere {
  /** Prefixes and names. */
  services: [string, string][];
  /** Those of every service. */
  keys: Key[];
  operators: string[];
  qualifiers: string[];
  ifExists: string;
  /** Service principals. */
  principals: string[];
  /** Services that have a service-linked role, its name, and whether there may be several of it, told apart by a suffix. */
  linkedRoles: [service: string, role: string, suffix: boolean][];
}

export interface Action {
  name: string;
  level: string;
  about: string;
  /** Names of the resource types that it works on; without any, only `*` matches. */
  resources: string[];
  /** Names of its condition keys. */
  keys: string[];
}

/** A resource type, and the form of its ARNs. */
export interface Form {
  name: string;
  arn: string;
}

export interface Words {
  prefix: string;
  name: string;
  actions: Action[];
  resources: Form[];
  keys: Key[];
}

const kept = new Map<string, Promise<unknown>>();

/** The answer of before; a question that failed is asked anew. */
function once<T>(path: string): Promise<T> {
  const known = kept.get(path);
  if (known) return known as Promise<T>;
  const asked = ask<T>(path);
  kept.set(path, asked);
  asked.catch(() => kept.delete(path));
  return asked;
}

export const everywhere = () => once<Everywhere>("vocabulary");

/** The words of a service; undefined where the reference has no such service. */
export async function wordsOf(prefix: string): Promise<Words | undefined> {
  const found = (await everywhere()).services.some(([each]) => each === prefix.toLowerCase());
  return found ? once<Words>(`vocabulary/${prefix.toLowerCase()}`) : undefined;
}

/** The words of every service that one of those actions names. */
export async function wordsFor(actions: string[]): Promise<Words[]> {
  const prefixes = new Set(actions.map((each) => each.toLowerCase().split(":")).flatMap(([prefix, name]) => (name === undefined ? [] : [prefix!])));
  const found = await Promise.all([...prefixes].map(wordsOf));
  return found.filter((each) => each !== undefined);
}

/** Whether an action, which may have wildcards, means that one: `s3:Get*` means `s3:GetObject`. */
export function means(pattern: string, action: string): boolean {
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${expression}$`, "i").test(action);
}

/** Those of a service's actions that a statement's mean. */
export function meant(words: Words, patterns: string[]): Action[] {
  return words.actions.filter(({ name }) => patterns.some((each) => means(each, `${words.prefix}:${name}`)));
}
