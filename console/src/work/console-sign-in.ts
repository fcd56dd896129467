/** How people sign in to the console with an OpenID Connect provider: operations of the server's own, which AWS has not. */
import { callUntyped, everything } from "../api";
import { trustsProvider } from "./trust";

export interface ConsoleSignIn {
  ClientId: string;
  ClientType: "public" | "confidential";
  Label: string;
  RoleArns: string[];
  Scopes: string[];
  SessionNameClaim: string;
}

/** Without `ConsoleSignIn` nobody signs in that way; without addresses the server does not know its own. */
export interface SignInState {
  ConsoleSignIn?: ConsoleSignIn;
  RedirectUri?: string;
  SignInUrl?: string;
}

export const signInWith = (OpenIDConnectProviderArn: string) =>
  callUntyped<SignInState>("iamd", "GetConsoleSignIn", { OpenIDConnectProviderArn });

/** Without a secret a confidential client keeps the one that it has. */
export const putSignIn = (OpenIDConnectProviderArn: string, given: ConsoleSignIn, secret: string) =>
  callUntyped("iamd", "PutConsoleSignIn", { OpenIDConnectProviderArn, ...given, ...(secret && { ClientSecret: secret }) });

export const endSignIn = (OpenIDConnectProviderArn: string) =>
  callUntyped("iamd", "DeleteConsoleSignIn", { OpenIDConnectProviderArn });

/** The roles whose trust policy names the provider, by ARN. */
export async function rolesTrusting(provider: string): Promise<string[]> {
  const roles = await everything("ListRoles", {}, "Roles");
  return roles.filter((role) => trustsProvider(role.AssumeRolePolicyDocument, provider)).map((role) => role.Arn ?? "");
}
