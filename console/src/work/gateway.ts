/** The gateway in front of other services, as the server tells of it. */
import { post } from "../api";

export interface Upstream {
  service: string;
  url: string;
}
export interface Traffic {
  service: string;
  calls: number;
  denied: number;
}
/** A request that policies do not allow; in the modes `log` and `learn` it was `passedOn`. */
export interface ForwardedDenial {
  id: string;
  time: string;
  principal: string | null;
  service: string;
  operation: string;
  action: string | null;
  resource: string | null;
  passedOn: boolean;
  why: string[];
}
/** `mode` is null where there is no gateway. */
export interface Gateway {
  mode: "enforce" | "log" | "learn" | null;
  upstreams: Upstream[];
  services: Traffic[];
  denials: ForwardedDenial[];
  days: number;
}
/** The least policy for what a user or role did. */
export interface Learned {
  principal: string;
  calls: number;
  actions: number;
  policy: object;
}

export const EVERYTHING = "*";

export const theGateway = (days: number) => post<Gateway>("access/gateway", { days });

export const learnedPolicies = async (days: number) => (await post<{ principals: Learned[] }>("access/gateway/learned", { days })).principals;

/** Where a service's requests go. */
export function upstreamOf(gateway: Gateway, service: string): string | undefined {
  const named = (name: string) => gateway.upstreams.find((each) => each.service === name)?.url;
  return named(service) ?? named(EVERYTHING);
}
