import { useState } from "react";
import { bare } from "../measure.ts";
import type { Terms } from "../past.ts";
import { mark, t } from "../t.ts";
import type { Autonomy } from "../wire.ts";
import { count } from "../words.ts";
import { Button } from "./Button.tsx";
import type { Commanding } from "./commanding.ts";

export type Order = Commanding["run"];
export interface Shared {
  /** False for a run that takes no orders. */
  readonly orderable: boolean;
  readonly busy: boolean;
  readonly order: Order;
}

const AUTONOMY: readonly (readonly [Autonomy, string])[] = [
  ["read_only", mark("read only: it changes nothing")],
  ["ask", mark("asks before everything")],
  ["risk", mark("asks by class of risk")],
  ["irreversible", mark("asks before what cannot be undone")],
];

/** How much the run does without asking. Choosing says it, the button does it. */
export function Dial({ now, orderable, busy, order }: Shared & { now: Autonomy }) {
  const [chosen, setChosen] = useState<Autonomy>(now);
  const words = t(AUTONOMY.find(([value]) => value === now)?.[1] ?? now);
  return (
    <div className="wb-term" data-testid="autonomy" data-autonomy={now}>
      <span className="wb-term-name">{t("autonomy")}</span>
      {orderable ? (
        <>
          <select
            className="wb-input"
            aria-label={t("How much it does without asking")}
            data-testid="autonomy-choice"
            value={chosen}
            onChange={(event) => setChosen(event.target.value as Autonomy)}
          >
            {AUTONOMY.map(([value, label]) => (
              <option key={value} value={value}>
                {t(label)}
              </option>
            ))}
          </select>
          <Button
            testId="autonomy-set"
            busy={busy}
            deliberate
            disabled={chosen === now}
            onPress={() => order({ kind: "autonomy", to: chosen })}
          >
            {t("Set")}
          </Button>
        </>
      ) : (
        <span>{words}</span>
      )}
    </div>
  );
}

/** A limit of the budget, with what is used of it. */
export function Limit({ limit, orderable, busy, order }: Shared & { limit: Terms["limits"][number] }) {
  const [typed, setTyped] = useState(String(limit.limit));
  const to = typed.trim() === "" ? Number.NaN : Number(typed);
  const fits = Number.isFinite(to) && to >= 0 && to !== limit.limit;
  return (
    <div className="wb-term" data-testid={`limit-${limit.unit}`}>
      <span className="wb-term-name">{limit.unit}</span>
      <span className="wb-number">
        {t("%1 used of %2", bare(limit.used, limit.unit), orderable ? "" : bare(limit.limit, limit.unit))}
      </span>
      {orderable ? (
        <>
          <input
            className="wb-input wb-amount"
            inputMode="decimal"
            aria-label={t("Limit of %1", limit.unit)}
            data-testid={`limit-${limit.unit}-to`}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <Button
            testId={`limit-${limit.unit}-set`}
            busy={busy}
            deliberate
            disabled={!fits}
            label={t("Set the limit of %1", limit.unit)}
            onPress={() => order({ kind: "raise", unit: limit.unit, to })}
          >
            {t("Set")}
          </Button>
        </>
      ) : null}
    </div>
  );
}

/** A right that the run was given. */
export function Right({ right, orderable, busy, order }: Shared & { right: Terms["rights"][number] }) {
  return (
    <div className="wb-term" data-testid={`right-${right.id}`} data-revoked={right.revoked !== ""}>
      <span className="wb-term-name">{t("right")}</span>
      <span className="wb-term-text">
        {right.revoked ? <del>{right.text}</del> : right.text}{" "}
        <span className="wb-aside">
          {right.revoked ? t("revoked: %1", right.revoked) : t("used %1", count(right.used, "time"))}
        </span>
      </span>
      {orderable && right.revoked === "" ? (
        <Button
          testId={`revoke-${right.id}`}
          busy={busy}
          label={t("Revoke the right %1", right.text)}
          title={t("The next call that needs it is refused, and the run pauses.")}
          onPress={() => order({ kind: "revoke", grant: right.id, reason: "" })}
        >
          {t("Revoke")}
        </Button>
      ) : null}
    </div>
  );
}
