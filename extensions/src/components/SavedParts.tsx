import { exact, moment } from "../measure.ts";
import type { SavedFacts } from "../session.ts";
import type { RequestRow } from "../wire.ts";
import { count } from "../words.ts";
import { Button } from "./Button.tsx";
import { Icon } from "./Icon.tsx";

/** Says of when the picture is, what it does not have, and how to come to the run itself. */
export function SavedNotice({ at, saved }: { at: string; saved: SavedFacts }) {
  const { steps, events } = saved.leftOut;
  const missing = [
    ...(steps > 0 ? [count(steps, "more step")] : []),
    ...(events > 0 ? [count(events, "earlier event")] : []),
  ];
  return (
    <p className="wb-notice" role="status" data-testid="saved">
      Saved at <time title={exact(at)}>{moment(at, Date.now())}</time>, no kernel: it may have gone on since.
      {missing.length > 0 ? ` Not in this picture: ${missing.join(" and ")}.` : ""}{" "}
      {saved.follow ? (
        <Button testId="follow" onPress={saved.follow}>
          Show it as it stands now
        </Button>
      ) : null}
    </p>
  );
}

/** What waited when the picture was saved; it cannot be answered here. */
export function SavedRequests({ requests }: { requests: readonly RequestRow[] }) {
  if (requests.length === 0) return <div className="wb-requests" />;
  return (
    <section className="wb-requests" aria-label="Waited for you" data-count={requests.length}>
      <h4 className="wb-title" data-tone="waits">
        {count(requests.length, "request")} waited for you
      </h4>
      <ul className="wb-saved-requests">
        {requests.map((request) => (
          <li key={request.id} data-testid="saved-request">
            <span className="wb-mark" data-tone="waits">
              <Icon name="bang" />
            </span>
            {request.title}
            <span className="wb-aside">{request.arguments.map((pair) => pair.join(": ")).join(", ")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
