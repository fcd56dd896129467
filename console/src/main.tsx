/** Finds out who is signed in, then shows the page of the address. */
import "@cloudscape-design/global-styles/index.css";

import { I18nProvider } from "@cloudscape-design/components/i18n";
import messages from "@cloudscape-design/components/i18n/messages/all.en";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";

import { loadSession } from "./api";
import { followTheme } from "./theme";
import { makeRouter } from "./routes";
import { SessionContext } from "./session";
import { strings } from "./strings";

followTheme();
// The back button shows a page as it was left; meanwhile the person may have signed out, or act as somebody else.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
const root = createRoot(document.getElementById("app")!);
try {
  const session = await loadSession();
  root.render(
    <I18nProvider locale="en" messages={[messages]}>
      <SessionContext value={session}>
        <RouterProvider router={makeRouter()} />
      </SessionContext>
    </I18nProvider>,
  );
} catch (error) {
  root.render(<p role="alert">{error instanceof Error ? error.message : strings.shell.broken}</p>);
}
