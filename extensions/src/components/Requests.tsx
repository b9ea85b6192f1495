import { useEffect, useState } from "react";
import type { RequestRow, ToolRow } from "../wire.ts";
import { Button } from "./Button.tsx";
import { RequestCard } from "./RequestCard.tsx";

const SHOWN = 3;
export const ARM_MS = 600;

/** All that waits for the person, oldest first. A new one is announced, and never takes the focus. */
export function Requests({
  requests,
  tools,
}: {
  requests: readonly RequestRow[];
  tools: readonly ToolRow[];
}) {
  const [all, setAll] = useState(false);
  const armed = useArmed(requests.map((request) => request.id).join(" "));
  const newest = requests.at(-1);
  const shown = all ? requests : requests.slice(0, SHOWN);
  const hidden = requests.length - shown.length;
  return (
    <section className="wb-requests" aria-label="Waiting for you" data-count={requests.length}>
      <p className="wb-spoken" role="alert">
        {newest ? `${newest.title}. ${newest.tool}. ${newest.if_refused}` : ""}
      </p>
      {requests.length > 0 ? (
        <h4 className="wb-title" data-tone="waits">
          {requests.length} {requests.length === 1 ? "waits" : "wait"} for you
        </h4>
      ) : null}
      {shown.map((request) => (
        <RequestCard
          key={`${request.id} ${request.token}`}
          request={request}
          tool={tools.find((tool) => tool.name === request.tool)}
          armed={armed}
        />
      ))}
      {hidden > 0 ? (
        <Button testId="more-requests" look="quiet" onPress={() => setAll(true)}>
          Show {hidden} more
        </Button>
      ) : null}
    </section>
  );
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
