/** Whom a user or role can become, as a picture and as a list. */
import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useParams } from "react-router";

import { type Loaded, mapped, useLoad } from "../load";
import { path, PageLink, principalPage } from "../links";
import { usePage } from "../page";
import { Diagram } from "../parts/diagram";
import { List } from "../parts/list";
import { Nothing, Show } from "../parts/states";
import { strings } from "../strings";
import { ADMINISTRATOR, drawn, type Edge, type Escalations, escalationsOf } from "../work/escalating";
import { policyName, shortName } from "../work/pictures";

const text = strings.escalations;

export default function Paths() {
  const { arn = "" } = useParams();
  const name = shortName(arn);
  usePage([text.title, path`/paths/${arn}`], [name, path`/paths/${arn}`]);
  const found = useLoad(() => escalationsOf(arn), [arn]);
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={text.description}>
          {text.of(name)}
        </Header>
      }
    >
      <Show from={found}>{(escalations) => <Found from={found} found={escalations} name={name} />}</Show>
    </ContentLayout>
  );
}

function Found({ from, found, name }: { from: Loaded<Escalations>; found: Escalations; name: string }) {
  if (found.administrators.includes(found.principal)) return <Alert type="warning">{text.isAdministrator}</Alert>;
  if (found.edges.length === 0) {
    return (
      <Container>
        <Nothing title={text.none} />
      </Container>
    );
  }
  const rules = new Set([ADMINISTRATOR, ...found.administrators]);
  const dangerous = found.edges.filter((edge) => rules.has(edge.target)).length;
  return (
    <SpaceBetween size="l">
      {dangerous > 0 && <Alert type="warning">{text.danger(dangerous)}</Alert>}
      {!found.complete && <Alert type="info">{text.cut}</Alert>}
      <Container header={<Header variant="h2">{text.picture(name)}</Header>}>
        <Diagram picture={drawn(found)} label={`${text.picture(name)}: ${text.found(found.edges.length)}`} file="paths.svg" />
      </Container>
      <List
        title={text.steps}
        variant="container"
        from={mapped(from, ({ edges }) => edges.map((edge, at) => ({ ...edge, id: String(at) })))}
        trackBy="id"
        sortedBy="none"
        empty={text.none}
        columns={[
          { id: "from", header: text.from, cell: (edge) => <Principal arn={edge.source} />, isRowHeader: true },
          { id: "to", header: text.to, cell: (edge) => <Principal arn={edge.target} /> },
          { id: "how", header: text.method, cell: (edge) => edge.method },
          { id: "by", header: text.by, cell: (edge) => <Requests edge={edge} /> },
        ]}
      />
    </SpaceBetween>
  );
}

function Principal({ arn }: { arn: string }) {
  const page = principalPage(arn);
  const shown = arn === ADMINISTRATOR ? text.administrator : shortName(arn);
  return page ? <PageLink to={page}>{shown}</PageLink> : shown;
}

function Requests({ edge }: { edge: Edge }) {
  return edge.steps.map(({ action, resource, statements, needs }) => {
    const policies = [...new Set(statements.map((each) => policyName(each.policy)))].join(", ");
    const told = [text.step(action, shortName(resource)), ...(policies ? [text.policies(policies)] : []), ...needs];
    return <div key={action + resource}>{told.join(", ")}</div>;
  });
}
