/** Questions about what identities may do. */
import { everything, type Reply } from "../api";
import { strings } from "../strings";
import type { IdentityKind } from "./identities";

export interface Identity {
  kind: IdentityKind;
  name: string;
  arn: string;
}

/** A condition key and its values, as people type them. */
export interface ContextEntry {
  key: string;
  values: string;
}
type Result = NonNullable<Reply<"iam", "SimulatePrincipalPolicy">["EvaluationResults"]>[number];

/** The decision on one action and resource. */
export interface Verdict {
  id: string;
  action: string;
  resource: string;
  decision: string;
  why: string[];
}

export async function identities(...kinds: IdentityKind[]): Promise<Identity[]> {
  const lists: Record<IdentityKind, () => Promise<Identity[]>> = {
    user: async () =>
      (await everything("ListUsers", {}, "Users")).map((each) => ({ kind: "user", name: each.UserName ?? "", arn: each.Arn ?? "" })),
    group: async () =>
      (await everything("ListGroups", {}, "Groups")).map((each) => ({ kind: "group", name: each.GroupName ?? "", arn: each.Arn ?? "" })),
    role: async () =>
      (await everything("ListRoles", {}, "Roles")).map((each) => ({ kind: "role", name: each.RoleName ?? "", arn: each.Arn ?? "" })),
  };
  return (await Promise.all(kinds.map((kind) => lists[kind]()))).flat();
}

export async function simulate(arn: string, actions: string[], resources: string[], context: ContextEntry[]): Promise<Verdict[]> {
  const input = {
    PolicySourceArn: arn,
    ActionNames: actions,
    ...(resources.length && { ResourceArns: resources }),
    ContextEntries: context.filter((entry) => entry.key).map(entryOf),
  };
  const results = await everything("SimulatePrincipalPolicy", input, "EvaluationResults");
  return results.map((result) => ({
    id: `${result.EvalActionName} ${result.EvalResourceName}`,
    action: result.EvalActionName ?? "",
    resource: result.EvalResourceName ?? "*",
    decision: result.EvalDecision ?? "",
    why: reasons(result),
  }));
}

function entryOf({ key, values }: ContextEntry) {
  const list = linesOf(values);
  return { ContextKeyName: key, ContextKeyValues: list, ContextKeyType: list.length > 1 ? ("stringList" as const) : ("string" as const) };
}

function reasons(result: Result): string[] {
  const text = strings.simulator;
  const policies = [...new Set(result.MatchedStatements?.map((each) => each.SourcePolicyId ?? ""))].join(", ");
  const found: string[] = [];
  if (result.OrganizationsDecisionDetail?.AllowedByOrganizations === false) found.push(text.organization);
  if (result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false) found.push(text.boundary);
  if (policies) found.push(text.by(policies));
  if (found.length === 0) found.push(text.noStatement);
  if (result.MissingContextValues?.length) found.push(text.missing(result.MissingContextValues.join(", ")));
  return found;
}

/** What people type one a line, or between commas. */
export function linesOf(typed: string): string[] {
  return typed.split(/[\n,]/).map((each) => each.trim()).filter(Boolean);
}
