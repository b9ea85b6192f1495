import { useMemo } from "react";
import { aheadOf, aheadWords } from "../ahead.ts";
import { duration, stopwatch, usage } from "../measure.ts";
import { t } from "../t.ts";
import type { Header as HeaderRow, StepRow } from "../wire.ts";
import { count, isMoving, isOver, pastSentence, RUN_SIGNS, runSentence, sentence } from "../words.ts";
import { isHeldToEdit, TO_EDIT } from "./commanding.ts";
import { StateMark } from "./Icon.tsx";
import { useNow } from "./When.tsx";

interface HeaderProps {
  readonly header: HeaderRow;
  readonly headerAt: number;
  readonly live: boolean;
  readonly steps: readonly StepRow[];
}

/** The line that says it all: goal, state, how far, how long, how long still, how much. */
export function Header({ header, headerAt, live, steps }: HeaderProps) {
  const sign = {
    ...RUN_SIGNS[header.state],
    word: live || isOver(header.state) ? runSentence(header) : pastSentence(header),
  };
  return (
    <header className="wb-header">
      <h3 className="wb-goal">{header.goal}</h3>
      <p className="wb-facts">
        <StateMark sign={sign} />
        <span className="wb-number" data-testid="progress">
          {t("%1 of %2", header.done, header.total)}
        </span>
        <Elapsed header={header} headerAt={headerAt} ticking={live && isMoving(header.state)} />
        {isOver(header.state) ? null : <ToCome steps={steps} />}
        {usage(header.usage, header.limits).map((fact) => (
          <span key={fact} className="wb-number">
            {fact}
          </span>
        ))}
      </p>
      {header.fork ? (
        <p className="wb-fork" data-testid="fork">
          {header.fork}
        </p>
      ) : null}
      <div className="wb-progress" data-tone={sign.tone} aria-hidden="true">
        <div style={{ inlineSize: `${header.total > 0 ? (100 * header.done) / header.total : 0}%` }} />
      </div>
    </header>
  );
}

/** How long it may still take; nothing where nobody has estimated it. */
function ToCome({ steps }: { steps: readonly StepRow[] }) {
  const ahead = useMemo(() => aheadOf(steps), [steps]);
  if (!ahead) return null;
  const open = ahead.unknown > 0 ? t("; not estimated: %1", count(ahead.unknown, "step")) : "";
  return (
    <span
      className="wb-number"
      data-testid="to-come"
      title={t("Along the longest way through the steps to come%1", open)}
    >
      {aheadWords(ahead)}
    </span>
  );
}

function Elapsed({ header, headerAt, ticking }: { header: HeaderRow; headerAt: number; ticking: boolean }) {
  const now = useNow(ticking ? 1_000 : null);
  // The kernel's clock may differ from the page's, so only the time since the header came is added.
  const seconds = header.elapsed_s + (ticking ? Math.max(0, now - headerAt) / 1000 : 0);
  return (
    <span className="wb-number" title={t("%1 since the start", duration(seconds))}>
      {stopwatch(seconds)}
    </span>
  );
}

/** The sentences under the header: why it stands, what went wrong, what came out, what is left. */
export function Outcome({ header, end }: { header: HeaderRow; end: string }) {
  if (header.error) {
    return (
      <p className="wb-outcome" data-tone="bad" data-testid="error">
        {header.error}
      </p>
    );
  }
  const reason = isHeldToEdit(header) ? t(TO_EDIT) : header.reason;
  const said = header.state === "succeeded" ? header.result : reason;
  return said || end ? (
    <p className="wb-outcome" data-testid="outcome">
      {said}
      {end ? <span className="wb-ended">{sentence(end)}</span> : null}
    </p>
  ) : null;
}
