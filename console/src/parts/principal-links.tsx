/** Buttons that lead to what can be asked about a user or role. */
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";

import { href, path, useFollow } from "../links";
import { strings } from "../strings";

export function PrincipalLinks({ arn }: { arn: string }) {
  const follow = useFollow();
  return (
    <ButtonDropdown
      items={[
        { id: "explain", text: strings.explain.open, href: href(`/explain?${new URLSearchParams({ principal: arn }).toString()}`) },
        { id: "paths", text: strings.escalations.open, href: href(path`/paths/${arn}`) },
        { id: "simulate", text: strings.simulator.title, href: href(`/simulator?${new URLSearchParams({ principal: arn }).toString()}`) },
      ]}
      onItemFollow={follow}
    >
      {strings.facts.analyze}
    </ButtonDropdown>
  );
}
