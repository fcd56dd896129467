/** One event of the record: why it was denied, if it was, and the record itself. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

import { PageLink, path } from "../links";
import { useLoad } from "../load";
import { strings } from "../strings";
import { authorizationId, type Check, type Event, explain, isDenial, recordOf } from "../work/events";
import { explainDenial } from "../work/explaining";
import { Ways } from "./explanation";
import { Pre } from "./pre";
import { Show } from "./states";

const text = strings.events;
const SHOWN: Record<string, StatusIndicatorProps.Type> = {
  ALLOW: "success",
  EXPLICIT_DENY: "error",
  IMPLICIT_DENY: "warning",
  NO_IMPACT: "stopped",
};

export function EventDetails({ event }: { event: Event }) {
  const record = recordOf(event);
  const id = authorizationId(record);
  const denied = isDenial(record);
  const told = [...(record.errorMessage ? [record.errorMessage] : []), ...(record.additionalEventData?.wouldBeDenied ?? [])];
  return (
    <SpaceBetween size="l">
      {told.length > 0 && (
        <Container header={<Header variant="h2">{denied ? text.why : text.error}</Header>}>
          <SpaceBetween size="s">
            {told.map((each) => (
              <Box key={each}>{each}</Box>
            ))}
            {id ? <Why id={id} /> : denied && <AsNow event={event.EventId ?? ""} />}
          </SpaceBetween>
        </Container>
      )}
      <Container header={<Header variant="h2">{text.record}</Header>}>
        <Pre>{JSON.stringify(record, null, 2)}</Pre>
      </Container>
    </SpaceBetween>
  );
}

function Why({ id }: { id: string }) {
  const found = useLoad(() => explain(id), [id]);
  if (found.error?.code === "ResourceNotFoundException") return <Alert type="info">{text.whyNot}</Alert>;
  return (
    <SpaceBetween size="m">
      <Show from={found}>
        {({ evaluations }) =>
          evaluations.map((evaluation) => (
            <SpaceBetween size="xs" key={evaluation.action + evaluation.resource}>
              <Box variant="strong">{text.decision(evaluation.evaluatedEffect)}</Box>
              {evaluation.checks.map((check, at) => (
                <Said key={at} check={check} />
              ))}
            </SpaceBetween>
          ))
        }
      </Show>
      <Remedy id={id} />
    </SpaceBetween>
  );
}

/** The smallest change that would have allowed it, and where a picture of the decision is. */
function Remedy({ id }: { id: string }) {
  const found = useLoad(() => explainDenial(id), [id]);
  return (
    <Show from={found}>
      {({ ways }) => (
        <SpaceBetween size="s">
          <Ways ways={ways} />
          <PageLink to={path`/explain?denial=${id}`}>{strings.explain.see}</PageLink>
        </SpaceBetween>
      )}
    </Show>
  );
}

/** Of denials without an id no policies are kept: they are asked again, by those of now. */
function AsNow({ event }: { event: string }) {
  return (
    <SpaceBetween size="xxs">
      <PageLink to={path`/explain?event=${event}`}>{strings.explain.seeNow}</PageLink>
      <Box color="text-body-secondary">{strings.explain.asNow}</Box>
    </SpaceBetween>
  );
}

function Said({ check }: { check: Check }) {
  const by = check.matchedPolicies.map((policy) => {
    const sids = policy.matchedStatements.flatMap((statement) => (statement.sid ? [text.statement(statement.sid)] : []));
    return text.policy([policy.uri, ...sids].join(", "));
  });
  const kind = text.checks[check.checkType] ?? check.checkType;
  const effect = text.effects[check.evaluatedEffect] ?? check.evaluatedEffect;
  return (
    <div>
      <StatusIndicator type={SHOWN[check.evaluatedEffect] ?? "info"}>
        {kind}: {effect}
      </StatusIndicator>
      {by.map((each) => (
        <Box key={each} color="text-body-secondary" padding={{ left: "l" }}>
          {each}
        </Box>
      ))}
    </div>
  );
}
