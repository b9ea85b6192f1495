import { useEffect, useState } from "react";
import type { RunState } from "../store.ts";
import { t, tn } from "../t.ts";
import type { ToolRow } from "../wire.ts";
import { type Alike, BatchCard, grouped } from "./BatchCard.tsx";
import { Button } from "./Button.tsx";
import { Elsewhere } from "./Elsewhere.tsx";
import { RequestCard } from "./RequestCard.tsx";
import { SpokenRequest } from "./Spoken.tsx";

const SHOWN = 3;
export const ARM_MS = 600;

/** All that waits for the person, the gravest first; what is alike and needs one press stands together. A new one is announced, and never takes the focus. */
export function Requests({ run, state }: { run: string; state: RunState }) {
  const { requests, tools } = state;
  const [all, setAll] = useState(false);
  const armed = useArmed(requests.map((request) => request.id).join(" "));
  const groups = grouped(requests);
  const shown = all ? groups : groups.slice(0, SHOWN);
  const hidden = groups.slice(shown.length).reduce((sum, group) => sum + group.length, 0);
  return (
    <section className="wb-requests" aria-label={t("Waiting for you")} data-count={requests.length}>
      <SpokenRequest run={run} requests={requests} />
      <Elsewhere state={state} />
      {requests.length > 0 ? (
        <h4 className="wb-title" data-tone="waits">
          {tn("%1 waits for you", "%1 wait for you", requests.length)}
        </h4>
      ) : null}
      {shown.map((group) => (
        <Group key={`${group[0].id} ${group[0].token}`} group={group} tools={tools} armed={armed} />
      ))}
      {hidden > 0 ? (
        <Button testId="more-requests" look="quiet" onPress={() => setAll(true)}>
          {t("Show %1 more", hidden)}
        </Button>
      ) : null}
    </section>
  );
}

function Group({ group, tools, armed }: { group: Alike; tools: readonly ToolRow[]; armed: boolean }) {
  const [apart, setApart] = useState(false);
  if (group.length > 1 && !apart) {
    return <BatchCard requests={group} armed={armed} onApart={() => setApart(true)} />;
  }
  return group.map((request) => (
    <RequestCard
      key={`${request.id} ${request.token}`}
      request={request}
      tool={tools.find((tool) => tool.name === request.tool)}
      armed={armed}
    />
  ));
}

/** False for a moment after `key` changed. */
function useArmed(key: string): boolean {
  const [armedFor, setArmedFor] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setArmedFor(key), ARM_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return armedFor === key;
}
