/** The organization as a tree, and what takes more than one operation to do with it. */
import { call, Refusal, type Reply } from "../api";
import { strings } from "../strings";
import { document } from "./documents";
import type { PolicyKind } from "./policy-kinds";

const PAUSE = 300; // milliseconds between two looks at an account that is being made

/** A root, a unit or an account. */
export interface Node {
  kind: "root" | "unit" | "account";
  id: string;
  arn: string;
  name: string;
  parent: string | undefined;
  children: Node[];
  email?: string | undefined;
  status?: string | undefined;
  isManagement?: boolean;
}

interface Page {
  NextToken?: string | undefined;
}
type Token = { NextToken?: string };

async function all<R extends Page, T>(ask: (token: Token) => Promise<R>, take: (reply: R) => T[] | undefined): Promise<T[]> {
  const found: T[] = [];
  let token: Token = {};
  for (;;) {
    const reply = await ask(token);
    found.push(...(take(reply) ?? []));
    if (!reply.NextToken) return found;
    token = { NextToken: reply.NextToken };
  }
}

/** The roots with all that is below them; null where there is no organization. */
export async function theTree(): Promise<Node[] | null> {
  let management: string | undefined;
  try {
    management = (await call("organizations", "DescribeOrganization", {})).Organization?.MasterAccountId;
  } catch (error) {
    if (error instanceof Refusal && error.code === "AWSOrganizationsNotInUseException") return null;
    throw error;
  }
  const { Roots = [] } = await call("organizations", "ListRoots", {});
  return Promise.all(
    Roots.map(async ({ Id = "", Arn = "", Name = "" }) => {
      const children = await below(Id, management);
      return { kind: "root" as const, id: Id, arn: Arn, name: Name, parent: undefined, children };
    }),
  );
}

async function below(ParentId: string, management: string | undefined): Promise<Node[]> {
  const [units, accounts] = await Promise.all([
    all((token) => call("organizations", "ListOrganizationalUnitsForParent", { ParentId, ...token }), (reply) => reply.OrganizationalUnits),
    all((token) => call("organizations", "ListAccountsForParent", { ParentId, ...token }), (reply) => reply.Accounts),
  ]);
  const nodes = await Promise.all(
    units.map(async ({ Id = "", Arn = "", Name = "" }): Promise<Node> => {
      return { kind: "unit", id: Id, arn: Arn, name: Name, parent: ParentId, children: await below(Id, management) };
    }),
  );
  return [
    ...nodes,
    ...accounts.map(({ Id = "", Arn = "", Name = "", Email, Status }): Node => {
      const isManagement = Id === management;
      return { kind: "account", id: Id, arn: Arn, name: Name, parent: ParentId, children: [], email: Email, status: Status, isManagement };
    }),
  ];
}

/** The tree as a list, from the roots down. */
export function flat(nodes: Node[]): Node[] {
  return nodes.flatMap((node) => [node, ...flat(node.children)]);
}

/** Make an account, and wait for it; accounts begin at the root, so it is moved to its place. */
export async function createAccount(AccountName: string, Email: string, parent: Node, root: string): Promise<void> {
  let status = (await call("organizations", "CreateAccount", { AccountName, Email })).CreateAccountStatus;
  while (status?.State === "IN_PROGRESS") {
    await new Promise((resume) => setTimeout(resume, PAUSE));
    status = (await call("organizations", "DescribeCreateAccountStatus", { CreateAccountRequestId: status.Id })).CreateAccountStatus;
  }
  if (status?.State !== "SUCCEEDED") throw new Refusal("Failed", strings.organization.accountFailed(status?.FailureReason ?? ""));
  if (parent.id !== root) {
    await call("organizations", "MoveAccount", { AccountId: status.AccountId, SourceParentId: root, DestinationParentId: parent.id });
  }
}

export type ControlKind = keyof typeof strings.controls.kinds;
export const CONTROL_KINDS = Object.keys(strings.controls.kinds) as ControlKind[];
export interface Control {
  id: string;
  arn: string;
  name: string;
  about: string;
  kind: ControlKind;
  isAws: boolean;
}
type Summary = NonNullable<Reply<"organizations", "ListPolicies">["Policies"]>[number];

const summary = ({ Id = "", Arn = "", Name = "", Description = "", Type, AwsManaged = false }: Summary): Control => ({
  id: Id,
  arn: Arn,
  name: Name,
  about: Description,
  kind: Type as ControlKind,
  isAws: AwsManaged,
});

/** How a policy of that kind is written: as statements, or in another way. */
export function writtenAs(kind: ControlKind): PolicyKind {
  return kind === "SERVICE_CONTROL_POLICY" ? "scp" : kind === "RESOURCE_CONTROL_POLICY" ? "rcp" : "other";
}

const NOTHING = { Effect: "Deny", Action: [], Resource: "*" };
const TOP: Partial<Record<ControlKind, object>> = {
  TAG_POLICY: { tags: {} },
  BACKUP_POLICY: { plans: {} },
  AISERVICES_OPT_OUT_POLICY: { services: { default: { opt_out_policy: { "@@assign": "optOut" } } } },
  CHATBOT_POLICY: { chatbot: {} },
  DECLARATIVE_POLICY_EC2: { ec2_attributes: {} },
  SECURITYHUB_POLICY: { securityhub: {} },
  INSPECTOR_POLICY: { inspector: {} },
  UPGRADE_ROLLOUT_POLICY: { upgrade_rollout: {} },
  BEDROCK_POLICY: { bedrock: {} },
  S3_POLICY: { s3_attributes: {} },
  NETWORK_SECURITY_DIRECTOR_POLICY: { network_security_director: {} },
  GUARDDUTY_POLICY: { guardduty: {} },
};

/** A document of that kind to begin with. */
export function emptyControl(kind: ControlKind): string {
  if (kind === "SERVICE_CONTROL_POLICY") return document(NOTHING);
  if (kind === "RESOURCE_CONTROL_POLICY") return document({ ...NOTHING, Principal: "*" });
  return JSON.stringify(TOP[kind], null, 4);
}

export async function attachedTo(TargetId: string, Filter: ControlKind): Promise<Control[]> {
  const found = await all((token) => call("organizations", "ListPoliciesForTarget", { TargetId, Filter, ...token }), (reply) => reply.Policies);
  return found.map(summary);
}

export async function controlsOf(Filter: ControlKind): Promise<Control[]> {
  const found = await all((token) => call("organizations", "ListPolicies", { Filter, ...token }), (reply) => reply.Policies);
  return found.map(summary);
}

/** A policy with its document, set out for reading. */
export async function theControl(PolicyId: string): Promise<Control & { content: string }> {
  const { Policy } = await call("organizations", "DescribePolicy", { PolicyId });
  return { ...summary(Policy?.PolicySummary ?? {}), content: setOut(Policy?.Content ?? "") };
}

export interface Target {
  id: string;
  name: string;
  kind: Node["kind"];
}
const TARGETS: Record<string, Node["kind"]> = { ROOT: "root", ORGANIZATIONAL_UNIT: "unit", ACCOUNT: "account" };

export async function targetsOf(PolicyId: string): Promise<Target[]> {
  const found = await all((token) => call("organizations", "ListTargetsForPolicy", { PolicyId, ...token }), (reply) => reply.Targets);
  return found.map(({ TargetId = "", Name = "", Type = "" }) => ({ id: TargetId, name: Name, kind: TARGETS[Type] ?? "unit" }));
}

export async function tagsOf(ResourceId: string) {
  return all((token) => call("organizations", "ListTagsForResource", { ResourceId, ...token }), (reply) => reply.Tags);
}

/** What the policies of a kind come to for an account; null where none binds it. */
export async function effectiveFor(TargetId: string, PolicyType: ControlKind): Promise<string | null> {
  try {
    const reply = await call("organizations", "DescribeEffectivePolicy", { TargetId, PolicyType: PolicyType as never });
    return setOut(reply.EffectivePolicy?.PolicyContent ?? "");
  } catch (error) {
    if (error instanceof Refusal && error.code === "EffectivePolicyNotFoundException") return null;
    throw error;
  }
}

function setOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 4);
  } catch {
    return text;
  }
}
