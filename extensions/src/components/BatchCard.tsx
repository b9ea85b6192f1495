import { useId, useState } from "react";
import { answerTo } from "../answer.ts";
import { t } from "../t.ts";
import type { RequestRow } from "../wire.ts";
import { classOf, count, isOnePress } from "../words.ts";
import { Button } from "./Button.tsx";
import { useCommand } from "./commanding.ts";
import { Icon } from "./Icon.tsx";
import { RequestFacts } from "./RequestFacts.tsx";

export type Alike = readonly [RequestRow, ...RequestRow[]];

/** Puts together what differs in its arguments only and takes one press; never across classes. */
export function grouped(requests: readonly RequestRow[]): readonly Alike[] {
  const groups = new Map<string, [RequestRow, ...RequestRow[]]>();
  for (const request of requests) {
    const alone = request.kind !== "permission" || request.token === "" || !isOnePress(request.gate.form);
    const key = alone ? request.id : JSON.stringify([request.tool, request.risk, request.gate]);
    const group = groups.get(key);
    if (group) group.push(request);
    else groups.set(key, [request]);
  }
  return [...groups.values()];
}

export interface BatchCardProps {
  readonly requests: Alike;
  readonly armed: boolean;
  readonly onApart: () => void;
}

/** Several requests in one: each can be looked at and taken out, and each gets an answer of its own. */
export function BatchCard({ requests, armed, onApart }: BatchCardProps) {
  const { busy, run } = useCommand();
  const [out, setOut] = useState<ReadonlySet<string>>(new Set());
  const [failed, setFailed] = useState(0);
  const heading = useId();
  const chosen = requests.filter((request) => !out.has(request.id));
  const [first] = requests;

  function toggle(id: string) {
    const next = new Set(out);
    if (!next.delete(id)) next.add(id);
    setOut(next);
  }

  async function allow() {
    let refused = 0;
    for (const request of chosen) {
      if (!(await run(answerTo(request, {})))) refused += 1;
    }
    setFailed(refused);
  }

  return (
    <article
      className="wb-card"
      tabIndex={-1}
      aria-labelledby={heading}
      data-testid="batch"
      data-risk={first.risk}
      data-gate={first.gate.form}
    >
      <header className="wb-card-head">
        <h5 id={heading}>
          <span className="wb-mark" data-tone="waits">
            <Icon name="bang" />
          </span>
          {t("%1 for %2", count(requests.length, "request"), first.tool)}
        </h5>
        <span>{classOf(first)}</span>
      </header>
      <ul className="wb-batch">
        {requests.map((request) => (
          <li key={request.id}>
            <label className="wb-check">
              <input
                type="checkbox"
                data-testid={`batch-${request.step ?? request.id}`}
                checked={!out.has(request.id)}
                onChange={() => toggle(request.id)}
              />
              {request.title}: {request.arguments.map(([name, value]) => `${name} ${value}`).join(", ")}
            </label>
            <details>
              <summary>{t("all about it")}</summary>
              <RequestFacts request={request} />
            </details>
          </li>
        ))}
      </ul>
      <div className="wb-buttons wb-end">
        <Button testId="batch-apart" look="quiet" onPress={onApart}>
          {t("One by one")}
        </Button>
        <Button
          testId="batch-approve"
          look="firm"
          deliberate
          disabled={!armed || chosen.length === 0}
          busy={busy}
          onPress={allow}
        >
          {t("Allow %1 of %2 once", chosen.length, requests.length)}
        </Button>
      </div>
      {failed > 0 ? (
        <p className="wb-error" role="alert">
          {t("%1 could not be allowed; look at what is left.", count(failed, "request"))}
        </p>
      ) : null}
    </article>
  );
}
