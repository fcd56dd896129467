/** The texts of buttons that the person may not use. */
const NOT_ALLOWED: Record<string, string> = {
  "identity-based": "no policy of yours gives it",
  "service control": "service control policies of the organization do not allow it",
  "permissions boundary": "your permissions boundary does not allow it",
  session: "the policies of your session do not allow it",
};
const UNNAMED = "session"; // a session's policy that was given as a document has no name
const DENIED: Record<string, (policy: string) => string> = {
  "service control": (policy) => `the service control policy ${policy} of the organization denies it`,
  "permissions boundary": (policy) => `your permissions boundary ${policy} denies it`,
  session: (policy) => `${policy === UNNAMED ? "the policy" : `the policy ${policy}`} of your session denies it`,
};

/** Why somebody lacks a permission: the policy that denies it, or else the kind of policies that do not allow it. */
export function lacking(action: string, layer: string, policy: string | undefined): string {
  const denied = policy && (DENIED[layer]?.(policy) ?? `the policy ${policy} denies it`);
  return `You lack the permission ${action}: ${denied ?? NOT_ALLOWED[layer] ?? `${layer} policies do not allow it`}.`;
}
