/** What a page says to the frame around it. */
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, useContext, useEffect } from "react";

import { strings } from "./strings";

/** A step of the way to a page: text and path. */
export type Crumb = [string, string];

interface Frame {
  setCrumbs: (crumbs: Crumb[]) => void;
  tell: (type: FlashbarProps.Type, content: string) => void;
}

export const PageContext = createContext<Frame>({ setCrumbs: () => {}, tell: () => {} });

/** Name the page in the title and the breadcrumbs; the last crumb is the page itself. */
export function usePage(...crumbs: Crumb[]): void {
  const { setCrumbs } = useContext(PageContext);
  const key = JSON.stringify(crumbs);
  useEffect(() => {
    const way = JSON.parse(key) as Crumb[];
    setCrumbs([[strings.nav.title, "/"], ...way]);
    document.title = [way.at(-1)?.[0], strings.shell.product].filter(Boolean).join(" – ");
  }, [key, setCrumbs]);
}

/** Tell at the top of the page what has been done: `tell("success", "...")`. */
export function useTell(): Frame["tell"] {
  return useContext(PageContext).tell;
}
