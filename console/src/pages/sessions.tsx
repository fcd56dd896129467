/** The sessions of the person who is signed in. */
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import { useState } from "react";

import { endSession, goToSignIn, type ListedSession, loadSessions, signOutEverywhere } from "../api";
import { useLoad } from "../load";
import { usePage, useTell } from "../page";
import { Confirm } from "../parts/confirm";
import { Actions, List } from "../parts/list";
import { Ago } from "../parts/time";
import { strings } from "../strings";

const text = strings.sessions;

export default function Sessions() {
  usePage([text.title, "/sessions"]);
  const sessions = useLoad(loadSessions, []);
  const [leaving, setLeaving] = useState<ListedSession | "all">();
  const tell = useTell();
  const ended = () => {
    if (leaving === "all" || leaving?.current) return goToSignIn();
    setLeaving(undefined);
    sessions.reload();
    tell("success", text.ended);
  };
  return (
    <>
      <List
        title={text.title}
        description={text.description}
        from={sessions}
        trackBy="id"
        selection="single"
        empty={text.empty}
        columns={[
          {
            id: "agent",
            header: text.browser,
            cell: (session) => (
              <>
                <span title={session.agent}>{nameOf(session)}</span> {session.current && <Badge color="green">{text.current}</Badge>}
              </>
            ),
            isRowHeader: true,
            minWidth: 280,
          },
          { id: "address", header: text.address, cell: (session) => session.address ?? "–" },
          { id: "started", header: text.started, cell: (session) => <Ago at={session.started} /> },
          { id: "renewed", header: text.renewed, cell: (session) => (session.renewed ? <Ago at={session.renewed} /> : "–") },
          { id: "expires", header: text.expires, cell: (session) => <Ago at={session.expires} /> },
          { id: "mfa", header: text.mfa, cell: (session) => (session.mfa ? text.yes : text.no) },
        ]}
        actions={([selected]) => (
          <Actions>
            <Button disabled={selected === undefined} onClick={() => setLeaving(selected)}>
              {text.end}
            </Button>
            <Button onClick={() => setLeaving("all")}>{text.endAll}</Button>
          </Actions>
        )}
      />
      {leaving && (
        <Confirm
          title={leaving === "all" ? text.endAllTitle : text.endTitle}
          action={leaving === "all" ? text.endAll : text.end}
          work={() => (leaving === "all" ? signOutEverywhere() : endSession(leaving.id))}
          done={ended}
          close={() => setLeaving(undefined)}
        >
          {leaving === "all" ? text.endAllWhat : text.endWhat}
        </Confirm>
      )}
    </>
  );
}

function nameOf({ kind, agent = "" }: ListedSession): string {
  return kind === "browser" ? browserOf(agent) : text.programs[kind];
}

/** "Firefox 140 on Linux" out of what browsers call themselves, which names their ancestors too. */
function browserOf(agent: string): string {
  const browser = [/(Edg|OPR)\/(\d+)/, /(Firefox|Chrome)\/(\d+)/, /(Version)\/(\d+)/].map((each) => each.exec(agent)).find(Boolean);
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent);
  if (!browser) return agent || text.unknown;
  const name = { Edg: "Edge", OPR: "Opera", Version: "Safari" }[browser[1] ?? ""] ?? browser[1];
  return `${name} ${browser[2]}${system ? text.on(system[1] ?? "") : ""}`;
}
