/** Who is signed in, for every page. */
import { createContext, useContext } from "react";

import type { Session } from "./api";

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("pages are shown to people who are signed in");
  return session;
}
