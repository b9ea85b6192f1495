import { type ReactNode, useState } from "react";
import { readTerms } from "../past.ts";
import { t } from "../t.ts";
import type { Header, StepRow } from "../wire.ts";
import { who } from "../words.ts";
import { useAsked } from "./asking.ts";
import { useCommand } from "./commanding.ts";
import { Decisions } from "./Decisions.tsx";
import { Fault } from "./Fault.tsx";
import { Freeze } from "./Freeze.tsx";
import { Say } from "./Say.tsx";
import { Dial, Limit, type Order, Right } from "./TermRows.tsx";

/** Below the plan: a word on the whole of it, and on what terms the run acts. Nothing is asked before it is opened. */
export function Terms({
  header,
  steps,
  orderable,
}: {
  header: Header;
  steps: readonly StepRow[];
  orderable: boolean;
}) {
  return (
    <div className="wb-plan-foot">
      {orderable ? (
        <Folded title={t("Comment on the plan")} testId="say-plan">
          <SayOfPlan paused={header.state === "paused"} />
        </Folded>
      ) : null}
      <Folded title={t("Freeze…")} testId="freeze">
        <Freeze steps={steps} />
      </Folded>
      <Folded title={t("Autonomy, limits, rights, decisions")} testId="terms">
        <Rows header={header} orderable={orderable} />
      </Folded>
    </div>
  );
}

function Folded({ title, testId, children }: { title: string; testId: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <details
      className="wb-folded"
      data-testid={testId}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{title}</summary>
      {open ? children : null}
    </details>
  );
}

function SayOfPlan({ paused }: { paused: boolean }) {
  const [said, setSaid] = useState("");
  return (
    <>
      <Say step={null} paused={paused} onDone={setSaid} />
      <p className="wb-hint" role="status" data-testid="plan-said">
        {said}
      </p>
    </>
  );
}

function Rows({ header, orderable }: { header: Header; orderable: boolean }) {
  const { answer, fault, again } = useAsked({ about: "terms" }, readTerms, header.seq);
  const { busy, error, run } = useCommand();
  if (!answer) return <p className="wb-hint">{fault ?? t("Asking…")}</p>;
  const order: Order = async (command) => {
    const taken = await run(command);
    if (taken) again();
    return taken;
  };
  const shared = { orderable, busy, order };
  return (
    <div className="wb-terms">
      <Dial key={answer.autonomy} now={answer.autonomy} {...shared} />
      {answer.limits.map((one) => (
        <Limit key={`${one.unit} ${one.limit}`} limit={one} {...shared} />
      ))}
      {answer.rights.map((one) => (
        <Right key={one.id} right={one} {...shared} />
      ))}
      {answer.notes.length > 0 ? (
        <ul className="wb-said" aria-label={t("Said about the plan")}>
          {answer.notes.map((note) => (
            <li key={`${note.at} ${note.text}`}>
              <strong>{who(note.by)}</strong>
              {note.step === null ? "" : t(" on %1", note.step)}: {note.text}
            </li>
          ))}
        </ul>
      ) : null}
      <Decisions decisions={answer.decisions} {...shared} />
      <Fault error={error} />
    </div>
  );
}
