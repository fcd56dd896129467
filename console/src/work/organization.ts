/** The organization as a tree, and what takes more than one operation to do with it. */
import { call, Refusal } from "../api";
import { strings } from "../strings";

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

export type ControlKind = "SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY";
export interface Control {
  id: string;
  name: string;
  about: string;
}

const summary = ({ Id = "", Name = "", Description = "" }: { Id?: string; Name?: string; Description?: string }): Control => ({
  id: Id,
  name: Name,
  about: Description,
});

export async function attachedTo(TargetId: string, Filter: ControlKind): Promise<Control[]> {
  const found = await all((token) => call("organizations", "ListPoliciesForTarget", { TargetId, Filter, ...token }), (reply) => reply.Policies);
  return found.map((each) => summary(each as Record<string, string>));
}

export async function controlsOf(Filter: ControlKind): Promise<Control[]> {
  const found = await all((token) => call("organizations", "ListPolicies", { Filter, ...token }), (reply) => reply.Policies);
  return found.map((each) => summary(each as Record<string, string>));
}
