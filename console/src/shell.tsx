/** The frame around every page: the bar at the top, the navigation, what has just been done. */
import AppLayout from "@cloudscape-design/components/app-layout";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { useEffect, useMemo, useState } from "react";
import { Outlet, useNavigation } from "react-router";

import { goToSignIn, signOut, switchBack, switchRole } from "./api";
import { href, useFollow } from "./links";
import { refusalOf } from "./load";
import { PageContext, type Crumb } from "./page";
import { RoleBar } from "./parts/role-bar";
import { Waiting } from "./parts/states";
import { NAVIGATION } from "./routes";
import { useSession } from "./session";
import { strings } from "./strings";
import { chooseTheme, chosenTheme, type Theme } from "./theme";

const STAYS = { position: "sticky", top: 0, zIndex: 1002 } as const; // above the layout, which leaves room for it
const WARNED_DAYS = 15; // before a password expires, as AWS warns

export function Shell() {
  const [crumbs, setCrumbs] = useState<Crumb[]>([]);
  const [flashes, setFlashes] = useState<FlashbarProps.MessageDefinition[]>([]);
  const session = useSession();
  const { passwordExpires } = session;
  const follow = useFollow();
  const loading = useNavigation().state === "loading";
  const context = useMemo(() => {
    const drop = (id: string) => setFlashes((all) => all.filter((each) => each.id !== id));
    const tell = (type: FlashbarProps.Type, content: string) => {
      const id = crypto.randomUUID?.() ?? String(Math.random());
      setFlashes((all) => [{ id, type, content, dismissible: true, dismissLabel: strings.shell.dismiss, onDismiss: () => drop(id) }, ...all].slice(0, 3));
    };
    return { setCrumbs, tell };
  }, []);
  useEffect(withoutOrientation, []);
  useEffect(() => {
    const days = passwordExpires === null ? Infinity : Math.floor((passwordExpires - Date.now() / 1000) / 86_400);
    if (days < WARNED_DAYS) context.tell("warning", strings.credentials.expiresSoon(days));
  }, [context, passwordExpires]);
  return (
    <PageContext value={context}>
      <div id="top" style={STAYS}>
        <TopBar failed={(error) => context.tell("error", refusalOf(error).message)} />
        <RoleBar session={session} />
      </div>
      <AppLayout
        headerSelector="#top"
        navigation={<Navigation page={crumbs[1]?.[1] ?? "/"} />}
        notifications={<Flashbar items={flashes} stackItems />}
        breadcrumbs={
          crumbs.length > 1 && (
            <BreadcrumbGroup
              items={crumbs.map(([text, path]) => ({ text, href: href(path) }))}
              onFollow={follow}
              ariaLabel={strings.shell.breadcrumbs}
            />
          )
        }
        content={loading ? <Waiting /> : <Outlet />}
        toolsHide
      />
    </PageContext>
  );
}

/** `page` is the first step of the way to what is shown. */
function Navigation({ page }: { page: string }) {
  return (
    <SideNavigation
      header={{ text: strings.nav.title, href: href("/") }}
      activeHref={href(page)}
      onFollow={useFollow()}
      items={[
        { type: "link", text: strings.dashboard.title, href: href("/") },
        ...NAVIGATION.map(([text, pages]) => ({
          type: "section" as const,
          text,
          items: pages.map(([path, label]) => ({ type: "link" as const, text: label, href: href(path) })),
        })),
      ]}
    />
  );
}

function TopBar({ failed }: { failed: (error: unknown) => void }) {
  const session = useSession();
  const shown = session.actingAs?.name ?? `${session.userName} @ ${session.accountAlias ?? session.accountId}`;
  const follow = useFollow();
  const [theme, setTheme] = useState(chosenTheme());
  const chosen = (id: string) => {
    const role = session.roles.find((each) => id === `role ${each.name}`);
    if (role) void switchRole(role).then(() => location.assign(href("/")), failed);
    if (id === "switch-role") location.assign(href("/switch-role"));
    if (id === "switch-back") void switchBack().then(() => location.assign(href("/")), failed);
    if (id === "sign-out") void signOut().then(goToSignIn, goToSignIn);
    if (id === "system" || id === "light" || id === "dark") {
      chooseTheme(id satisfies Theme);
      setTheme(id);
    }
  };
  const themes = (["system", "light", "dark"] as const).map((id) => ({
    id,
    text: strings.shell.themes[id],
    itemType: "checkbox" as const,
    checked: id === theme,
  }));
  return (
    <TopNavigation
      identity={{ title: strings.shell.product, href: href("/"), onFollow: follow }}
      utilities={[
        {
          type: "menu-dropdown",
          text: shown,
          description: session.arn,
          iconName: "user-profile",
          items: [
            { id: "credentials", text: strings.credentials.own, href: href("/security-credentials") },
            { id: "sessions", text: strings.sessions.title, href: href("/sessions") },
            ...(session.isRoot ? [] : [{ id: "switch-role", text: strings.shell.switchRole }]),
            ...(session.actingAs ? [{ id: "switch-back", text: strings.shell.switchBack }] : []),
            ...(session.roles.length > 0
              ? [{ id: "roles", text: strings.shell.roles, items: session.roles.map(({ name }) => ({ id: `role ${name}`, text: name })) }]
              : []),
            { id: "theme", text: strings.shell.theme, items: themes },
            { id: "sign-out", text: strings.shell.signOut },
          ],
          onItemClick: (event) => chosen(event.detail.id),
          onItemFollow: follow,
        },
      ]}
    />
  );
}

/** At phone width Cloudscape tells an orientation of its navigation, which only widgets have: https://www.w3.org/TR/wai-aria-1.2/#aria-orientation */
function withoutOrientation(): () => void {
  const name = "aria-orientation";
  const mend = () => document.querySelectorAll(`nav[${name}]`).forEach((each) => each.removeAttribute(name));
  const watching = new MutationObserver(mend);
  watching.observe(document.body, { subtree: true, childList: true, attributeFilter: [name] });
  mend();
  return () => watching.disconnect();
}
