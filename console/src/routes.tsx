/** Which page has which address. A page's code is loaded when it is first shown. */
import type { ComponentType } from "react";
import { createBrowserRouter } from "react-router";

import { Broken, Missing } from "./parts/broken";
import { Waiting } from "./parts/states";
import { Shell } from "./shell";
import { strings } from "./strings";

type Load = () => Promise<{ default: ComponentType }>;

const PAGES: Record<string, Load> = {
  "/": () => import("./pages/dashboard"),
  "/users": () => import("./pages/users"),
  "/users/create": () => import("./pages/user-create"),
  "/users/:name": () => import("./pages/user"),
  "/roles": () => import("./pages/roles"),
  "/roles/create": () => import("./pages/role-create"),
  "/roles/:name": () => import("./pages/role"),
  "/groups": () => import("./pages/groups"),
  "/groups/:name": () => import("./pages/group"),
  "/policies": () => import("./pages/policies"),
  "/policies/create": () => import("./pages/policy-create"),
  "/policies/:arn": () => import("./pages/policy"),
  "/inline/:kind/:name/:policy?": () => import("./pages/inline"),
  "/providers": () => import("./pages/providers"),
  "/providers/create": () => import("./pages/provider-create"),
  "/providers/:arn": () => import("./pages/provider"),
  "/instance-profiles": () => import("./pages/instance-profiles"),
  "/organization": () => import("./pages/organization"),
  "/organization/policies": () => import("./pages/organization-policies"),
  "/organization/policies/create": () => import("./pages/organization-policy-create"),
  "/organization/policies/:id": () => import("./pages/organization-policy"),
  "/organization/:id": () => import("./pages/organization-target"),
  "/simulator": () => import("./pages/simulator"),
  "/who-can": () => import("./pages/who-can"),
  "/analyzer": () => import("./pages/analyzer"),
  "/credential-report": () => import("./pages/credential-report"),
  "/explain": () => import("./pages/explain"),
  "/paths/:arn": () => import("./pages/paths"),
  "/gateway": () => import("./pages/gateway"),
  "/terminal": () => import("./pages/terminal"),
  "/settings": () => import("./pages/settings"),
  "/events": () => import("./pages/events"),
  "/security-credentials": () => import("./pages/security-credentials"),
  "/sessions": () => import("./pages/sessions"),
};

/** What the navigation shows: a heading, and the pages below it. */
export const NAVIGATION: [string, [string, string][]][] = [
  [
    strings.nav.access,
    [
      ["/groups", strings.groups.title],
      ["/users", strings.users.title],
      ["/roles", strings.roles.title],
      ["/policies", strings.policies.title],
      ["/instance-profiles", strings.instanceProfiles.title],
      ["/providers", strings.providers.title],
      ["/settings", strings.settings.title],
      ["/organization", strings.organization.title],
      ["/organization/policies", strings.controls.list],
    ],
  ],
  [
    strings.nav.reports,
    [
      ["/analyzer", strings.analyzer.title],
      ["/events", strings.events.title],
      ["/credential-report", strings.credentialReport.title],
      ["/simulator", strings.simulator.title],
      ["/who-can", strings.whoCan.title],
      ["/explain", strings.explain.title],
      ["/gateway", strings.gateway.title],
    ],
  ],
  [strings.nav.tools, [["/terminal", strings.terminal.title]]],
];

export function makeRouter() {
  const children = Object.entries(PAGES).map(([path, load]) => ({
    path,
    lazy: async () => ({ Component: (await load()).default }),
    ErrorBoundary: Broken,
  }));
  return createBrowserRouter(
    [{ path: "/", Component: Shell, HydrateFallback: Waiting, ErrorBoundary: Broken, children: [...children, { path: "*", Component: Missing }] }],
    { basename: "/console" },
  );
}
