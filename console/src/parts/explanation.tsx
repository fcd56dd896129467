/** An explanation: the decision, a picture, what each kind of policy says, and what would allow it. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

import { path, PageLink } from "../links";
import { strings } from "../strings";
import { type Change, drawn, type Explanation, type Layer } from "../work/explaining";
import { policyName } from "../work/pictures";
import { Diagram } from "./diagram";
import { Pre } from "./pre";
import { Status } from "./status";

const text = strings.explain;
const SHOWN: Record<Layer["outcome"], StatusIndicatorProps.Type> = {
  allowed: "success",
  explicitDeny: "error",
  implicitDeny: "warning",
  notApplicable: "stopped",
};

export function Explained({ found }: { found: Explanation }) {
  const allowed = found.decision === "allowed";
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{text.decision}</Header>}>
        <SpaceBetween size="s">
          <StatusIndicator type={allowed ? "success" : "error"}>{text.decisions[found.decision] ?? found.decision}</StatusIndicator>
          <Box>{sentence(found.conclusion)}</Box>
          {found.missing.length > 0 && <Box color="text-body-secondary">{text.missing(found.missing.join(", "))}</Box>}
        </SpaceBetween>
      </Container>
      {!allowed && <Ways ways={found.ways} />}
      <Container header={<Header variant="h2">{text.picture}</Header>}>
        <Diagram picture={drawn(found)} label={`${text.picture}: ${found.conclusion}`} file="explanation.svg" />
      </Container>
      <Container header={<Header variant="h2">{text.said}</Header>}>
        <SpaceBetween size="m">
          {found.layers.map((layer, at) => (
            <Said key={at} layer={layer} />
          ))}
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}

function Said({ layer }: { layer: Layer }) {
  const told = [
    ...layer.statements.map((each) => [each.effect === "Deny" ? text.deniedBy(each.place) : text.allowedBy(each.place), each.reasons] as const),
    ...(layer.outcome === "implicitDeny" ? layer.nearest.map((each) => [text.nearest(each.place), each.reasons] as const) : []),
  ];
  const hidden = layer.allPolicies - layer.policies.length;
  return (
    <div>
      <Status type={SHOWN[layer.outcome]}>{sentence(layer.said)}</Status>
      <Box padding={{ left: "l" }} color="text-body-secondary">
        {told.map(([place, reasons], at) => (
          <div key={at}>
            {place}
            {reasons.map((reason) => (
              <Box key={reason} padding={{ left: "l" }} color="inherit">
                {sentence(reason)}
              </Box>
            ))}
          </div>
        ))}
        {layer.policies.length > 0 && (
          <div>
            {layer.policies.map((policy, at) => (
              <span key={at}>
                {at > 0 && ", "}
                <Policy {...policy} />
              </span>
            ))}
            {hidden > 0 && `, ${text.more(hidden)}`}
          </div>
        )}
      </Box>
    </div>
  );
}

function Policy({ name, group }: { name: string; group?: string | null }) {
  const managed = /^arn:[^:]*:iam::[^:]*:policy\//.test(name);
  return (
    <>
      {managed ? <PageLink to={path`/policies/${name}`}>{policyName(name)}</PageLink> : policyName(name)}
      {group && ` (${text.group(group)})`}
    </>
  );
}

/** The smallest changes that would allow it, each tried by the engine. */
export function Ways({ ways }: { ways: Change[][] }) {
  return (
    <Container header={<Header variant="h2">{text.ways}</Header>}>
      {ways.length === 0 ? (
        <Box>{text.noWay}</Box>
      ) : (
        <SpaceBetween size="s">
          {ways.map((way, at) => (
            <SpaceBetween size="s" key={at}>
              {at > 0 && <Box color="text-body-secondary">{text.or}</Box>}
              {way.map((change) => (
                <ToDo key={change.advice} change={change} />
              ))}
            </SpaceBetween>
          ))}
        </SpaceBetween>
      )}
    </Container>
  );
}

function ToDo({ change }: { change: Change }) {
  const statement = change.add && JSON.stringify(change.add, null, 2);
  return (
    <SpaceBetween size="xs">
      <Box>{change.advice}</Box>
      {statement && <Pre>{statement}</Pre>}
      {statement && (
        <CopyToClipboard
          copyButtonText={text.copy}
          textToCopy={statement}
          copySuccessText={strings.facts.copied}
          copyErrorText={strings.facts.notCopied}
        />
      )}
    </SpaceBetween>
  );
}

function sentence(words: string): string {
  const begun = words.startsWith("arn:") ? words : words.charAt(0).toUpperCase() + words.slice(1);
  return `${begun}${/[.:]$/.test(words) ? "" : "."}`;
}
