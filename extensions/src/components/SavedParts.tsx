import { exact, moment } from "../measure.ts";
import type { SavedFacts } from "../session.ts";
import { t } from "../t.ts";
import type { RequestRow } from "../wire.ts";
import { count } from "../words.ts";
import { Button } from "./Button.tsx";
import { Icon } from "./Icon.tsx";

/** Says of when the picture is, what it does not have, and how to come to the run itself. */
export function SavedNotice({ at, saved }: { at: string; saved: SavedFacts }) {
  const { steps, events } = saved.leftOut;
  const missing = [
    ...(steps > 0 ? [count(steps, "more")] : []),
    ...(events > 0 ? [count(events, "event")] : []),
  ];
  return (
    <p className="wb-notice" role="status" data-testid="saved">
      {t("Saved at")} <time title={exact(at)}>{moment(at, Date.now())}</time>
      {t(
        ", no kernel: it may have gone on since.%1",
        missing.length > 0 ? t(" Not in this picture: %1.", missing.join(t(" and "))) : "",
      )}{" "}
      {saved.follow ? (
        <Button testId="follow" onPress={saved.follow}>
          {t("Show it as it stands now")}
        </Button>
      ) : null}
    </p>
  );
}

/** What waited when the picture was saved; it cannot be answered here. */
export function SavedRequests({ requests }: { requests: readonly RequestRow[] }) {
  if (requests.length === 0) return <div className="wb-requests" />;
  return (
    <section className="wb-requests" aria-label={t("Waited for you")} data-count={requests.length}>
      <h4 className="wb-title" data-tone="waits">
        {t("%1 waited for you", count(requests.length, "request"))}
      </h4>
      <ul className="wb-saved-requests">
        {requests.map((request) => (
          <li key={request.id} data-testid="saved-request">
            <span className="wb-mark" data-tone="waits">
              <Icon name="bang" />
            </span>
            {request.title}{" "}
            <span className="wb-aside">{request.arguments.map((pair) => pair.join(": ")).join(", ")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
